// Tables of stores that can be read and not changed: nothing is done in a pool that would have to change one,
// and what is told of it stays true.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

void close(Fixture& fixture, const std::string& server, const std::string& path = {}) {
    fixture.store(server).findings.push_back({path, "not-writable", "/st may not be written by user 7"});
}

}  // namespace

TEST_CASE("a store that needs no change may be read-only: the plan warns, and is no other one") {
    Fixture fixture;
    fixture.converge();
    close(fixture, "edge02");
    CHECK(fixture.lines() == "");
    const auto plan = fixture.plan();
    CHECK(plan.overview.state == UnitState::converged);
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "store-unusable");
}

TEST_CASE("nothing is asked of a CA for a new pool one of whose stores cannot be changed") {
    Fixture fixture;
    close(fixture, "edge02", "requests");
    const auto plan = fixture.plan();
    CHECK(fixture.actions() == "wait edge02");
    REQUIRE(plan.steps.front().wait);
    CHECK(plan.steps.front().server == "edge02");
    CHECK(plan.steps.front().wait->code == "store-closed");
    CHECK(plan.steps.front().wait->kind == WaitKind::server);
    CHECK(plan.steps.front().wait->what_to_do ==
          "its store cannot be changed: /st may not be written by user 7");
    CHECK(plan.overview.state == UnitState::blocked);
    CHECK_MESSAGE(plan.overview.unreachable.empty(), "it was read");
    CHECK(exit_status(plan) == 1);
}

TEST_CASE("nothing of a pool that serves is changed while a store that it needs cannot be") {
    Fixture fixture;
    fixture.converge({.age = days(300)});
    for (const char* code : {"not-writable", "lock-unusable"}) {
        auto closed = fixture;
        closed.store("edge02").findings.push_back({"lock", code, "no"});
        CHECK(closed.actions() == "wait edge02");
        CHECK_MESSAGE(closed.plan().overview.serving == fixture.plan().overview.serving,
                      "what serves is told as it is");
    }
    SUBCASE("also where what is needed is noted beside what was named") {
        close(fixture, "edge02");
        fixture.inputs.targets = {"ams-edge/edge01"};
        CHECK(fixture.actions() == "wait edge02");
    }
    SUBCASE("nor is anything taken away that one in maintenance points at") {
        fixture.pool.servers[1].maintenance = true;
        close(fixture, "edge02");
        fixture.inputs.at += days(400);
        CHECK(fixture.actions().find("retire") == std::string::npos);
    }
    SUBCASE("one in maintenance holds nothing up") {
        close(fixture, "edge02");
        fixture.pool.servers[1].maintenance = true;
        CHECK(fixture.actions().ends_with("install-certificate edge01; assign-role edge01"));
        CHECK(fixture.plan().diagnostics.front().code == "store-closed");
    }
    SUBCASE("nor does rubbish") {
        fixture.store("edge02").findings.push_back({"x", "rubbish", "no"});
        CHECK(fixture.actions().find("assign-role edge02") != std::string::npos);
    }
    SUBCASE("nor one outside of the target, whose steps are not in the plan") {
        fixture.store("edge01").personal.clear();
        close(fixture, "edge02");
        fixture.inputs.at = present() - days(200);
        fixture.inputs.targets = {"ams-edge/edge01"};
        CHECK(fixture.actions() == "transfer-certificate edge01");
    }
}

TEST_CASE("where the store of the request's holder cannot be changed all waits for it") {
    Fixture fixture;
    fixture.converge({.age = days(300)});
    close(fixture, "edge01");
    CHECK(fixture.actions() == "wait edge01");
}
