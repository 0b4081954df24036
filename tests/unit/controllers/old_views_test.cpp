// Several controllers, one pool: what one of them does on what it saw before another one acted.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "resources/pool/unit.h"
#include "tests/support/mint.h"
#include "tests/support/sim_world.h"

namespace edgecert {

namespace {

class Nobody final : public SimJudge {
public:
    void changed(const MemoryServer& /*server*/,
                 const StoreState& /*before*/,
                 StoreOperation /*operation*/,
                 const SimController& /*by*/) override {}
    void submitted(const SimCa& /*ca*/,
                   const SimSubmission& /*submission*/,
                   bool /*again*/,
                   const SimController& /*by*/) override {}
    void fault(const Fault& /*fault*/, const Where& /*where*/) override {}
    void returned(const std::string& /*place*/) override {}
    bool interlude(const Fault& /*fault*/, const std::string& /*server*/) override { return false; }
    void survived(const MemoryServer& /*server*/,
                  const StoreState& /*before*/,
                  StoreOperation /*operation*/) override {}
    void leaked(const std::string& /*what*/) override {}
    void born(const SimCa& /*ca*/) override {}
};

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

    Nobody nobody{};
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
            static_cast<void>(unit_.perform(step, inputs_));
            if (step.action == action) {
                return;
            }
        }
    }

    void resubmit(const std::string& address) { inputs_.resubmit = {address}; }
    [[nodiscard]] Action next() const { return unit_.plan(inputs_).steps.front().action; }

private:
    SimController world_;
    AuthorityUnit authority_;
    PoolUnit unit_;
    PlanInputs inputs_{};
};

}  // namespace

TEST_CASE("a certificate that came meanwhile is not asked for again under its issuance id") {
    Place place;
    place.ca->kind = SimCaKind::local;
    Controller old_view(place, Seconds{});
    Controller second(place, Seconds{});
    second.go_to(Action::install_certificate, true);
    const StoreState& state = place.world.servers.at("/sim/ams/edge01")->state;
    CHECK(state.personal.size() == 1);
    CHECK(state.requests.empty());
    old_view.go_to(Action::create_request, true);
    CHECK(state.requests.empty());
}

TEST_CASE("a resubmission where nothing was open makes one request, and is then content with it") {
    Place place;
    Controller controller(place, Seconds{});
    controller.resubmit("ams/internal");
    controller.go_to(Action::create_request, true);
    controller.look();
    CHECK(controller.next() == Action::submit_request);
}

TEST_CASE("a request is sent once, whatever the controllers' clocks say and however old their views are") {
    for (const int hours : {-2, 0, 2}) {
        CAPTURE(hours);
        Place place;
        Controller first(place, Seconds{});
        first.go_to(Action::submit_request, false);
        Controller old_view(place, Seconds{});
        Controller second(place, std::chrono::hours{hours});
        second.go_to(Action::submit_request, true);
        CHECK(place.ca->log.size() == 1);
        old_view.go_to(Action::submit_request, true);
        CHECK(place.ca->log.size() == 1);
    }
}

TEST_CASE("what came up since the plan was made forbids the switch: a rejection, a chain trusted no more") {
    for (const bool rejected : {true, false}) {
        CAPTURE(rejected);
        Place place;
        place.ca->kind = SimCaKind::local;
        Controller first(place, Seconds{});
        first.go_to(Action::assign_role, false);
        Controller old_view(place, Seconds{});
        StoreState& state = place.world.servers.at("/sim/ams/edge01")->state;
        REQUIRE(state.personal.size() == 1);
        if (rejected) {
            RoleRecord record;
            record.role = "internal";
            record.pool = "ams";
            record.rejected.push_back({.certificate = state.personal.front().id,
                                       .requirement = digest(place.pool.certificates.front().requirement),
                                       .at = place.world.now,
                                       .why = "it does not serve"});
            state.roles.push_back(record);
        } else {
            state.trust.clear();
        }
        old_view.go_to(Action::assign_role, true);
        for (const RoleRecord& record : state.roles) {
            CHECK(record.assigned.empty());
        }
    }
}

}  // namespace edgecert
