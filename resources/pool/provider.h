// Provider: one concern of a pool, a room with two doors: what would change, and the change itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/plan/unit.h"
#include "resources/authorities/unit.h"
#include "resources/pool/planning.h"
#include "resources/pool/server_failure.h"
#include "resources/world/world.h"

namespace edgecert {

// What a step is carried out on. Belongs to the pool's unit; one thread at a time.
struct PoolWorld {
    const Pool& pool;
    const std::map<std::string, AuthoritySpec>& authorities;
    const std::map<std::string, AuthorityUnit*>& authority_units;
    PoolView& view;            // the last observation
    const PlanInputs& inputs;  // the approved plan's
    World& world;
    std::function<CertificateStore&(const std::string& server)> store;
    std::function<void(const std::string& server)> look;  // observes one server again
    std::function<void()> look_everywhere;                // and the answers of the CAs
    Switches& switches;                                   // of this run
};

class Provider {
public:
    Provider() = default;
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;
    virtual ~Provider() = default;

    virtual void diff(Planning& planning) const = 0;  // pure; leaves planning.view() as it will be
    [[nodiscard]] virtual bool carries_out(Action action) const = 0;
    [[nodiscard]] virtual Outcome apply(const Step& step, PoolWorld& world) const = 0;  // the only writer
};

// What every provider's apply says and asks.
[[nodiscard]] Failed failed(const std::string& code, const std::string& text, const std::string& hint = {});
[[nodiscard]] Failed unreachable(const std::string& server);
[[nodiscard]] const CertificateSpec& spec_of(const Step& step,
                                             const PoolWorld& world);  // throws no-such-certificate
[[nodiscard]] Planning at_present(const PoolWorld& world);  // for questions about what is there now

[[nodiscard]] std::unique_ptr<Provider> make_trust();
[[nodiscard]] std::unique_ptr<Provider> make_request();
[[nodiscard]] std::unique_ptr<Provider> make_enrolment();
[[nodiscard]] std::unique_ptr<Provider> make_installation();
[[nodiscard]] std::unique_ptr<Provider> make_assignment();
[[nodiscard]] std::unique_ptr<Provider> make_retirement();

// In the order in which a plan is walked: trust; what serves now, everywhere; request; enrolment; the new
// certificate, everywhere; retirement. Installation and assignment stand in it twice: first a server that
// joined or drifted gets what serves, then the pool gets what is new.
[[nodiscard]] std::vector<std::unique_ptr<Provider>> make_providers();

}  // namespace edgecert
