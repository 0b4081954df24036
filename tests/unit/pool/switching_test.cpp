// The order of switches: the barrier, one server after the other, and the way back.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "resources/pool/assignment.h"
#include "resources/pool/server_failure.h"
#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

TEST_CASE("activation and verification follow each assignment where they are configured") {
    Fixture fixture;
    fixture.store("edge01").activates = true;
    fixture.spec().verify.push_back({"edge02", {"edge02.contoso.net", 5061, "pool.contoso.net"}, false});
    const auto text = fixture.actions();
    CHECK(text.ends_with("assign-role edge01; activate-role edge01; assign-role edge02; verify-role edge02"));
}

TEST_CASE("a server is verified when all roles of the certificate point at it: a check may ask any of them") {
    Fixture fixture(1);
    fixture.spec().roles = {"access", "internal"};
    fixture.spec().verify.push_back({"edge01", {"edge01.contoso.net", 5061, "pool.contoso.net"}, false});
    fixture.spec().verify.push_back({"edge01", {"edge01.contoso.net", 5063, "pool.contoso.net"}, false});
    fixture.store("edge01").activates = true;
    const std::string switched = "assign-role edge01; activate-role edge01; ";
    CHECK(fixture.actions().ends_with(switched + switched + "verify-role edge01; verify-role edge01"));
    const auto plan = fixture.plan();
    for (const auto& verified : plan.steps) {
        for (const auto& activated : plan.steps) {
            const bool counts =
                verified.action == Action::verify_role && activated.action == Action::activate_role;
            CHECK((!counts || std::find(verified.after.begin(), verified.after.end(), activated.id) !=
                                  verified.after.end()));
        }
    }
    SUBCASE("on the way back as well") {
        const auto old = issue({.key_number = 5, .age = days(200)});
        const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
        fixture.put("edge01", old);
        for (auto& record : fixture.store("edge01").roles) {
            record.previous = old->sha256;
            record.rejected.push_back(
                {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it was slow"});
        }
        CHECK(fixture.actions() == switched + switched + "verify-role edge01; verify-role edge01; wait");
    }
    SUBCASE("not while one of them waits for a server that lacks the certificate") {
        const auto certificate = fixture.converge();
        fixture.add_server("edge02");
        fixture.view.servers["edge02"].reachable = false;
        fixture.store("edge01").roles.pop_back();
        CHECK(fixture.actions() == "wait edge02");
    }
}

TEST_CASE("the next server is switched only behind the one before") {
    Fixture fixture(3);
    const auto plan = fixture.plan();
    std::vector<Step> assignments;
    for (const auto& step : plan.steps) {
        if (step.action == Action::assign_role) {
            assignments.push_back(step);
        }
    }
    REQUIRE(assignments.size() == 3);
    const auto behind = [](const Step& step, const Step& other) {
        return std::find(step.after.begin(), step.after.end(), other.id) != step.after.end();
    };
    CHECK(behind(assignments[1], assignments[0]));
    CHECK(behind(assignments[2], assignments[1]));
    fixture.pool.max_unavailable = 3;
    for (const auto& step : fixture.plan().steps) {
        CHECK_FALSE((step.action == Action::assign_role && behind(step, assignments[0])));
    }
}

TEST_CASE("every assignment stands behind the barrier: the certificate with its key on every server") {
    const Fixture fixture(3);
    const auto plan = fixture.plan();
    std::vector<StepId> bringing;
    for (const auto& step : plan.steps) {
        if (step.action == Action::install_certificate || step.action == Action::transfer_certificate) {
            bringing.push_back(step.id);
        }
        if (step.action == Action::assign_role) {
            for (const auto& id : bringing) {
                CHECK(std::find(step.after.begin(), step.after.end(), id) != step.after.end());
            }
        }
    }
    CHECK(bringing.size() == 3);
}

TEST_CASE("while a server is away that may be in the middle of its switch, no other one is switched") {
    Fixture fixture(3);
    auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    std::string then = "wait edge02; assign-role edge03";
    SUBCASE("what serves goes on serving") {
        then = "wait edge02";
    }
    SUBCASE("what has expired serves nothing") {
        old = issue({.key_number = 5, .age = days(400)});
    }
    fixture.put("edge03", old, {.superseded = present()});
    fixture.assign("edge03", "internal", old);
    SUBCASE("nor what is there without its key") {
        fixture.store("edge03").personal.back().key = KeyState::absent;
    }
    SUBCASE("nor a role that points nowhere") {
        fixture.store("edge03").roles.clear();
    }
    fixture.view.servers["edge02"].reachable = false;
    CHECK(fixture.actions() == then);
}

TEST_CASE("a server whose switch is under way is brought to its end before the next one is switched") {
    Fixture fixture(3);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.store(server.name).activates = true;
    }
    // edge03 is done; edge02 was switched, and its service was not told; edge01 went back in between.
    fixture.assign("edge01", "internal", old);
    auto& record = fixture.store("edge02").roles.front();
    record.activated = {};
    SUBCASE("by a run that was killed") {
        CHECK(fixture.actions() == "activate-role edge02; assign-role edge01; activate-role edge01");
    }
    SUBCASE("by one that failed, and somebody mended it") {
        record.rejected.push_back(
            {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not load"});
        fixture.inputs.retry = {"ams-edge/internal"};
        CHECK(fixture.actions() ==
              "assign-role edge02; activate-role edge02; assign-role edge01; activate-role edge01");
    }
    const auto steps = fixture.plan().steps;
    const auto& last = steps[steps.size() - 3];
    CHECK(std::find(steps[steps.size() - 2].after.begin(), steps[steps.size() - 2].after.end(), last.id) !=
          steps[steps.size() - 2].after.end());
}

TEST_CASE(
    "a role goes back to what is ours only where its chain is trusted, and to anybody else's as it was") {
    struct Row {
        std::string what{};
        bool ours{};
        bool trusted{};
        bool goes_back{};
    };
    const std::vector<Row> rows{
        {"ours and trusted", true, true, true},
        {"ours, and somebody took its chain away", true, false, false},
        {"anybody else's", false, true, true},
        {"anybody else's, whose chain was never trusted there", false, false, true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        Fixture fixture(2);
        fixture.add_authority("fabrikam");
        fixture.pool.authorities = {"contoso"};
        const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
        const auto old = issue({.ca = "fabrikam", .key_number = 5, .age = days(200)});
        Put how;
        how.owned = row.ours;
        fixture.put("edge01", old, how);
        if (row.trusted) {
            fixture.trust("edge01", "fabrikam");
        }
        // As the plan tells it before.
        fixture.assign("edge01", "internal", old, row.ours);
        REQUIRE(fixture.actions().find("assign-role edge01") != std::string::npos);
        CHECK(fixture.plan().overview.way_back.starts_with("there") == row.goes_back);
        // After the failure.
        fixture.assign("edge01", "internal", fresh);
        auto& record = fixture.store("edge01").roles.front();
        record.previous = old->sha256;
        record.rejected.push_back(
            {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not load"});
        CHECK((fixture.actions().find("assign-role edge01") != std::string::npos) == row.goes_back);
    }
}

TEST_CASE("of two servers that were both begun the one whose service was not told comes first") {
    Fixture fixture(2);
    fixture.spec().roles = {"access", "data"};
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.store(server.name).activates = true;
    }
    fixture.assign("edge01", "access", old);
    fixture.store("edge02").roles.front().activated = {};
    fixture.store("edge02").roles.pop_back();
    const std::string rest =
        "assign-role edge01; activate-role edge01; assign-role edge02; activate-role edge02";
    CHECK(fixture.actions() == "activate-role edge02; " + rest);
    // When it was told, the rest stays in the order that was approved.
    fixture.store("edge02").roles.front().activated = fresh->sha256;
    CHECK(fixture.actions() == rest);
}

TEST_CASE("a server that is on its way back is brought there before the next one goes back") {
    Fixture fixture(2);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.store(server.name).activates = true;
        auto& record = fixture.store(server.name).roles.front();
        record.previous = old->sha256;
        record.rejected.push_back(
            {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not load"});
    }
    auto& record = fixture.store("edge02").roles.front();
    std::swap(record.assigned, record.previous);
    record.activated = {};
    CHECK(fixture.actions() == "activate-role edge02; assign-role edge01; activate-role edge01; wait");
}

TEST_CASE("activation on the way back says where it leads: by that it fits, and by that alone") {
    Fixture fixture(2);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    fixture.store("edge01").activates = true;
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.assign(server.name, "internal", old);
    }
    fixture.store("edge02").roles.front().assigned = fresh->sha256;  // so that it is what the pool takes
    fixture.store("edge02").roles.front().previous = old->sha256;
    auto& record = fixture.store("edge01").roles.front();
    record.rejected.push_back(
        {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not load"});
    record.previous = fresh->sha256;
    record.activated = {};
    const auto plan = fixture.plan();
    const auto step = std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& one) {
        return one.action == Action::activate_role;
    });
    REQUIRE(step != plan.steps.end());
    REQUIRE(is_way_back(*step));
    CHECK(step->fields == std::vector<FieldChange>{{"certificate", {}, old->sha256}});
}

TEST_CASE("what failed on one server alone holds up that server, and nothing that serves goes back") {
    Fixture fixture(3);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.store(server.name).roles.front().previous = old->sha256;
        fixture.store(server.name).roles.front().verified_checks = no_checks();
    }
    fixture.spec().verify.push_back({"edge03", {"edge03.contoso.net", 5061, "pool.contoso.net"}, false});
    auto& record = fixture.store("edge03").roles.front();
    record.rejected.push_back({fresh->sha256,
                               {},
                               failure_digest(fixture.spec(), "edge03"),
                               present() - days(1),
                               "it does not answer"});
    SUBCASE("a check that was added fails: it stays") {
        CHECK(fixture.actions() == "wait edge03");
        CHECK(exit_status(fixture.plan()) == 3);
        SUBCASE("until a retry is asked for") {
            fixture.inputs.retry = {"ams-edge/internal"};
            CHECK(fixture.actions() == "assign-role edge03; verify-role edge03");
        }
        SUBCASE("or its checks are others") {
            fixture.spec().verify.front().order.port = 5062;
            CHECK(fixture.actions() == "verify-role edge03");
        }
        SUBCASE("or the pool goes on to another one") {
            const auto next = issue({.key_number = 7, .age = days(0)});
            for (const auto& server : fixture.pool.servers) {
                fixture.put(server.name, next);
            }
            fixture.spec().issued_after = present() - days(1) + Seconds{3600};
            CHECK(fixture.actions() ==
                  "assign-role edge01; assign-role edge02; assign-role edge03; verify-role edge03");
        }
    }
    SUBCASE("its own switch never came to its end: it goes back, alone") {
        record.verified_checks = {};
        CHECK(fixture.actions() == "assign-role edge03; verify-role edge03; wait edge03");
        CHECK(is_way_back(fixture.plan().steps.front()));
        SUBCASE("and is not tried again") {
            record.previous = fresh->sha256;
            record.assigned = old->sha256;
            record.verified = old->sha256;
            record.verified_checks = checks_digest(fixture.spec(), "edge03");
            CHECK(fixture.actions() == "wait edge03");
        }
    }
    SUBCASE("one that joined had nothing before") {
        record.previous = {};
        record.verified_checks = {};
        CHECK(fixture.actions() == "wait edge03");
    }
}

TEST_CASE("whose a failure is: the switch's while it goes on, one server's where the pool serves well") {
    Fixture fixture(3);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : fixture.pool.servers) {
        fixture.put(server.name, old);
        fixture.store(server.name).roles.front().verified_checks = no_checks();
    }
    const auto record = [&](const std::string& server) -> RoleRecord& {
        return fixture.store(server).roles.front();
    };
    Step step;
    step.server = "edge03";
    step.role = "internal";
    Switches of_this_run{{"edge03", "internal", fresh->sha256}};
    bool of_server = true;
    record("edge03").verified_checks = {};
    SUBCASE("it joined a pool that serves") {}
    SUBCASE("nothing was switched: a check was added, or what uses it was told again") {
        of_this_run.clear();
        record("edge03").verified_checks = no_checks();
    }
    SUBCASE("one run switches them all") {
        of_this_run.insert({"edge01", "internal", fresh->sha256});
        of_this_run.insert({"edge02", "internal", fresh->sha256});
        of_server = false;
    }
    SUBCASE("a run was killed between two of them") {
        fixture.assign("edge02", "internal", old);
        of_server = false;
    }
    SUBCASE("a run was killed before it switched the last one, which has something to go back to") {
        record("edge03").previous = old->sha256;
        of_server = false;
    }
    SUBCASE("it was seen through before, whatever it has to go back to") {
        of_this_run.clear();
        record("edge03").verified_checks = no_checks();
        record("edge03").previous = old->sha256;
    }
    SUBCASE("a run was killed before it saw the first one answer") {
        record("edge01").verified_checks = {};
        record("edge02").verified_checks = {};
        of_server = false;
    }
    SUBCASE("what another one serves has expired") {
        fixture.put("edge02", issue({.key_number = 8, .age = days(400)}));
        record("edge02").assigned = fixture.store("edge02").personal.back().id;
    }
    SUBCASE("another one lost everything as well") {
        fixture.store("edge02").roles.clear();
    }
    SUBCASE("another one is out of reach") {
        fixture.view.servers["edge02"].reachable = false;
    }
    SUBCASE("another one is in maintenance, and serves what was before") {
        fixture.assign("edge02", "internal", old);
        fixture.pool.servers[1].maintenance = true;
    }
    const auto planning = make_planning(fixture.pool, fixture.authorities, fixture.inputs, fixture.view);
    CHECK(is_failure_of_server(planning, fixture.spec(), step, fresh->sha256, of_this_run) == of_server);
}
