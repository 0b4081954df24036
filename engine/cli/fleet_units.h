// FleetUnits: the units of a fleet, or of the part of it that somebody asked for, over one world.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/unit.h"
#include "resources/authorities/unit.h"
#include "resources/pool/unit.h"
#include "resources/world/world.h"

namespace edgecert {

class FleetUnits final {
public:
    // The pools that `targets` (addresses that were checked) touch and the authorities they need; no targets:
    // all of them. Touches nothing yet. `world` outlives this.
    FleetUnits(const Fleet& fleet, const std::vector<std::string>& targets, World& world);
    FleetUnits(const FleetUnits&) = delete;
    FleetUnits& operator=(const FleetUnits&) = delete;
    ~FleetUnits() = default;

    [[nodiscard]] std::vector<Unit*> all() const;  // authorities, then pools, each by name
    [[nodiscard]] const std::vector<std::unique_ptr<AuthorityUnit>>& authorities() const {
        return authorities_;
    }
    [[nodiscard]] const std::vector<std::unique_ptr<PoolUnit>>& pools() const { return pools_; }
    [[nodiscard]] PoolUnit& pool(const std::string& name) const;  // one of them; throws Error

    // After a look: what no pool sees alone. One store under two pools (out of scope: nothing done there
    // would be what it says) refuses the server of both; machines outside that pools share for their requests
    // may be.
    void refuse_shared_stores() const;
    // After a look: where a local CA's folder is empty, looks also at pools of `fleet` that were not asked
    // for and use it: a CA that any store knows is not born again.
    void look_for_lost_authorities(const Fleet& fleet, World& world) const;

private:
    std::vector<std::unique_ptr<AuthorityUnit>> authorities_{};
    std::vector<std::unique_ptr<PoolUnit>> pools_{};
};

// The part of the fleet that `targets` touch: pools with the authorities they need, and authorities named
// themselves.
[[nodiscard]] FleetPart part_of(const Fleet& fleet, const std::vector<std::string>& targets);

}  // namespace edgecert
