// ObservedFleet: plans of a saved observation, and of its manifests again each time they were edited.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

// One observation, planned for one time. Planning is pure: a pool of the same origin as the last time has the
// plan that it had, and only the rest is planned again. Touches nothing; for one thread.
class ObservedFleet final {
public:
    // `inputs` hold for every plan; their addresses were checked.
    ObservedFleet(Observation observation, PlanInputs inputs);
    ObservedFleet(const ObservedFleet&) = delete;
    ObservedFleet& operator=(const ObservedFleet&) = delete;
    ~ObservedFleet() = default;

    // The plan of that part of the fleet; it names the authorities of its pools. Servers and authorities that
    // the observation lacks count as ones that cannot be reached. To look at only. Valid until the next call.
    // Throws Error as make_plan().
    [[nodiscard]] const Plan& plan(const Fleet& fleet,
                                   const FleetPart& part,
                                   std::vector<Diagnostic> diagnostics);

private:
    // A pool as it was the last time.
    struct Known {
        std::string name{};
        std::string origin{};
        std::string requirements{};
        bool same{};  // as the time before that
    };
    [[nodiscard]] std::vector<Known> known_of(const Fleet& fleet);  // takes from known_ what stays
    [[nodiscard]] std::vector<UnitPlan> plan_authorities();
    [[nodiscard]] const PoolView& view_of(const Pool& pool);

    Observation observation_;
    PlanInputs inputs_;
    std::map<std::string, AuthoritySpec> authorities_{};
    std::map<std::string, std::shared_ptr<const AuthorityView>> projected_{};
    std::shared_ptr<const std::set<std::string>> declared_pools_{};
    std::vector<Known> known_{};  // all pools of the last fleet, by name
    PoolView completed_{};        // the view of the pool in hand, where the observation lacks servers of it
    Plan plan_{};
};

}  // namespace edgecert
