// A pool of two servers with a CA, in memory, and controllers that act on it step by step.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "resources/pool/unit.h"
#include "tests/support/mint.h"
#include "tests/support/silent_judge.h"
#include "tests/support/sim_world.h"

namespace edgecert {

// Two servers, and a CA that knows a request only by the ticket that it gave.
struct Place {
    Place() {
        world.now = Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
        world.judge = &nobody;
        ca = std::make_shared<SimCa>();
        ca->name = "contoso";
        ca->kind = SimCaKind::manual;
        ca->born = world.now - std::chrono::days{10};
        ca->patience = -1;
        world.authorities["contoso"] = ca;
        spec.name = "contoso";
        spec.kind = CommandAuthority{{"/sim/ca"}};
        spec.roots = {mint.chain("contoso", 0, ca->born).root->sha256};
        pool.name = "ams";
        pool.fqdn = "edge.ams.example.net";
        pool.authorities = {"contoso"};
        for (const std::string name : {"edge01", "edge02"}) {
            ServerSpec server;
            server.name = name;
            server.store.directory = "/sim/ams/" + name;
            pool.servers.push_back(server);
            world.servers[server.store.directory] = std::make_shared<MemoryServer>();
            world.servers[server.store.directory]->name = server.store.directory;
        }
        pool.request_on = "edge01";
        CertificateSpec internal;
        internal.name = "internal";
        internal.roles = {"internal"};
        internal.requirement.subject.common_name = pool.fqdn;
        internal.requirement.key = {x509::KeyAlgorithm::ecdsa, 256};
        internal.requirement.extended_key_usage = {"serverAuth"};
        internal.requirement.authority = "contoso";
        internal.exportable = true;
        internal.validity = std::chrono::days{90};
        pool.certificates = {internal};
    }

    SilentJudge nobody{};
    Mint mint{};
    SimWorld world{mint, 1};
    std::shared_ptr<SimCa> ca{};
    AuthoritySpec spec{};
    Pool pool{};
};

// One process of ours, whose clock may differ from everybody's.
class Controller {
public:
    Controller(Place& place, Seconds fast)
        : world_(place.world, "controller", fast),
          authority_(place.spec, world_.open_authority(place.spec), world_.clock(), world_.certificates()),
          unit_(place.pool, {&authority_}, world_) {
        inputs_.at = place.world.now;
        look();
    }

    void look() {
        authority_.observe();
        unit_.observe();
    }

    // Carries out the steps of this plan up to the first one of that kind, and that one if asked to.
    void go_to(Action action, bool with_it) {
        for (const Step& step : unit_.plan(inputs_).steps) {
            if (step.action == action && !with_it) {
                return;
            }
            said_ = unit_.perform(step, inputs_);
            if (step.action == action) {
                return;
            }
        }
    }

    // Carries out all of this plan, up to the first failure.
    void go_on() {
        for (const Step& step : unit_.plan(inputs_).steps) {
            said_ = unit_.perform(step, inputs_);
            if (std::holds_alternative<Failed>(said_)) {
                return;
            }
        }
    }

    // What the last step that was carried out came to.
    [[nodiscard]] std::string last_failure() const {
        const auto* why = std::get_if<Failed>(&said_);
        return why == nullptr ? std::string{} : why->why.code;
    }

    void resubmit(const std::string& address) { inputs_.resubmit = {address}; }
    [[nodiscard]] Action next() const { return unit_.plan(inputs_).steps.front().action; }

private:
    SimController world_;
    AuthorityUnit authority_;
    PoolUnit unit_;
    PlanInputs inputs_{};
    Outcome said_{Done{}};
};

}  // namespace edgecert
