// Several controllers, one pool: what one of them does on what it saw before another one acted.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/unit/controllers/place.h"

namespace edgecert {

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

TEST_CASE("what a resubmission makes is known again on a controller whose clock is behind") {
    Place place;
    Controller controller(place, -std::chrono::hours{2});
    controller.resubmit("ams/internal");
    controller.go_to(Action::create_request, true);
    controller.look();
    CHECK(controller.next() == Action::submit_request);
}

namespace {

StoreState& state_of(Place& place, const std::string& server) {
    return place.world.servers.at("/sim/ams/" + server)->state;
}

int rejections_on(Place& place, const std::string& server) {
    int found = 0;
    for (const RoleRecord& record : state_of(place, server).roles) {
        found += static_cast<int>(record.rejected.size());
    }
    return found;
}

}  // namespace

TEST_CASE("a rebuilt server whose service does not come up takes nothing away from those that serve") {
    Place place;
    place.ca->kind = SimCaKind::local;
    for (auto& [name, server] : place.world.servers) {
        server->activates = true;
    }
    Controller first(place, Seconds{});
    first.go_on();
    const CertificateId served = state_of(place, "edge01").roles.front().assigned;
    REQUIRE_FALSE(served.empty());
    place.world.now += std::chrono::hours{1};
    state_of(place, "edge02") = {};
    place.world.failing_activations["/sim/ams/edge02"] = 1;
    Controller second(place, Seconds{});
    second.go_to(Action::activate_role, true);
    CHECK(second.last_failure() == "activation-failed");
    CHECK(rejections_on(place, "edge01") == 0);
    CHECK(rejections_on(place, "edge02") == 1);
    CHECK(state_of(place, "edge01").roles.front().assigned == served);
    Controller third(place, Seconds{});
    CHECK(third.next() == Action::wait);  // for a person: no second try by itself
}

TEST_CASE("a switch that fails on its second server is rejected on the first one too") {
    Place place;
    place.ca->kind = SimCaKind::local;
    for (auto& [name, server] : place.world.servers) {
        server->activates = true;
    }
    place.world.failing_activations["/sim/ams/edge02"] = 1;
    Controller controller(place, Seconds{});
    controller.go_on();
    CHECK(controller.last_failure() == "activation-failed");
    CHECK(rejections_on(place, "edge01") == 1);
    CHECK(rejections_on(place, "edge02") == 1);
}

}  // namespace edgecert
