// Tables of what a pool's certificates leave behind: copies that no role ever pointed at, machines outside,
// servers that came from another pool.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

// What serves was asked for 40 days ago.
x509::CertificateRef converge(Fixture& fixture) {
    Put how;
    how.submitted = present() - days(40);
    return fixture.converge({.age = days(40)}, how);
}

// Prepared for another requirement, and never switched to.
Put prepared(int days_ago) {
    Put how;
    how.requirement = std::string(64, 'e');
    how.issuance = std::string(64, 'd');
    how.submitted = present() - days(days_ago);
    return how;
}

x509::CertificateRef other(int days_ago) {
    return issue({.common_name = "other.contoso.net",
                  .names = {"other.contoso.net"},
                  .key_number = 5,
                  .age = days(days_ago)});
}

PersonalEntry& entry_of(Fixture& fixture, const std::string& server, const x509::CertificateRef& which) {
    auto& all = fixture.store(server).personal;
    return *std::find_if(
        all.begin(), all.end(), [&](const PersonalEntry& entry) { return entry.id == which->sha256; });
}

void declare_pools(Fixture& fixture, const std::set<std::string>& others) {
    auto names = others;
    names.insert(fixture.pool.name);
    fixture.view.declared_pools = std::make_shared<const std::set<std::string>>(names);
}

// In the CA's own log.
void remember(Fixture& fixture) {
    IssuedRecord record;
    record.issuance = prepared(0).issuance;
    fixture.authority().issued.push_back(record);
}

std::vector<std::string> warnings(const Fixture& fixture) {
    std::vector<std::string> codes;
    for (const auto& one : fixture.plan().diagnostics) {
        codes.push_back(one.code);
    }
    return codes;
}

}  // namespace

TEST_CASE("what was prepared and is declared no more goes, a retire.after after it was asked for") {
    Fixture fixture;
    converge(fixture);
    remember(fixture);
    const auto left = other(6);
    for (const char* server : {"edge01", "edge02"}) {
        fixture.put(server, left, prepared(6));
    }
    CHECK(fixture.lines() == "");
    REQUIRE(fixture.plan().overview.next_change);
    CHECK_MESSAGE(*fixture.plan().overview.next_change == present() + days(1), "and the head says when");
    fixture.inputs.at = present() + days(1);
    CHECK(fixture.lines() ==
          "retire-certificate edge01 internal [unused/time]\n"
          "retire-certificate edge02 internal [unused/time]\n");
    SUBCASE("not while a role of somebody's points at it on any server") {
        fixture.assign("edge02", "their-own", left, false);
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not what somebody else installed") {
        for (const char* server : {"edge01", "edge02"}) {
            entry_of(fixture, server, left).owned = false;
        }
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not while a server cannot be seen") {
        fixture.view.servers["edge02"].reachable = false;
        CHECK(fixture.actions() == "wait edge02");
    }
    SUBCASE("not while another one has yet to take the place of what serves") {
        fixture.spec().requirement.subject.common_name = "third.contoso.net";
        CHECK(fixture.actions().find("retire-certificate") == std::string::npos);
    }
    SUBCASE("not in a plan that stops before anything is switched") {
        fixture.inputs.until_installed = true;
        CHECK(fixture.lines() == "");
    }
    SUBCASE("nor while what took its place has served for less: its own time counts as well") {
        for (const char* server : {"edge01", "edge02"}) {
            fixture.store(server).personal.front().submitted = present() - days(5);
        }
        CHECK(fixture.lines() == "");
        fixture.inputs.at = present() + days(2);
        CHECK(fixture.actions() == "retire-certificate edge01; retire-certificate edge02");
    }
    SUBCASE("also where its name is declared no more") {
        for (const char* server : {"edge01", "edge02"}) {
            entry_of(fixture, server, left).name = "dropped";
        }
        CHECK(fixture.actions() == "retire-certificate edge01; retire-certificate edge02");
    }
}

TEST_CASE("what no CA's log has is not taken away while the same manifest would ask for it once more: I5") {
    Fixture fixture;
    converge(fixture);
    const auto left = other(6);
    for (const char* server : {"edge01", "edge02"}) {
        fixture.put(server, left, prepared(6));
    }
    CHECK(warnings(fixture).empty());
    fixture.inputs.at = present() + days(1);
    CHECK(fixture.lines() == "");
    CHECK(warnings(fixture) == std::vector<std::string>{"unused-kept"});
    CHECK(fixture.plan().diagnostics.front().text.starts_with(
        "internal " + left->sha256.substr(0, 12) + " of the pool ams-edge on edge01, edge02 never served"));
    SUBCASE("once something newer serves it would be another request") {
        for (const char* server : {"edge01", "edge02"}) {
            fixture.store(server).personal.front().submitted = present() - days(5);
        }
        CHECK(warnings(fixture).empty());
        fixture.inputs.at = present() + days(2);
        CHECK(fixture.actions() == "retire-certificate edge01; retire-certificate edge02");
    }
    SUBCASE("and when it has expired it goes in any case") {
        fixture.inputs.at = left->not_after + days(7);
        CHECK(fixture.lines().find("retire-certificate edge01 internal [expired/time]") != std::string::npos);
    }
}

TEST_CASE("a spare that could serve as it is stays, until it is due itself") {
    Fixture fixture;
    converge(fixture);
    const auto spare = issue({.key_number = 5, .age = days(100)});
    Put how;
    how.submitted = present() - days(100);
    fixture.put("edge01", spare, how);
    CHECK(fixture.lines() == "");
    const auto due = spare->not_after - (spare->not_after - spare->not_before) * 33 / 100;
    REQUIRE(fixture.plan().overview.next_change);
    CHECK_MESSAGE(*fixture.plan().overview.next_change <= due,
                  "and the head says until when nothing changes");
    CHECK(*fixture.plan().overview.next_change > present() + days(100));
    fixture.inputs.at = present() + days(200);  // what serves is not due before day 204
    CHECK(fixture.lines() == "retire-certificate edge01 internal [unused/time]\n");
}

TEST_CASE("the machine outside that asked keeps no copy longer than the servers that served it") {
    Fixture fixture;
    fixture.add_server("outside");
    fixture.pool.servers.back().outside = true;
    const auto served = other(300);
    Put how = prepared(300);
    fixture.put("outside", served, how);
    how.superseded = present() - days(6);
    fixture.put("edge01", served, how);
    fixture.put("edge02", served, how);
    const auto now = issue({.age = days(6)});
    Put fresh;
    fresh.submitted = present() - days(6);
    for (const char* server : {"edge01", "edge02", "outside"}) {
        fixture.trust(server);
        fixture.put(server, now, fresh);
    }
    fixture.assign("edge01", "internal", now);
    fixture.assign("edge02", "internal", now);
    CHECK(fixture.lines() == "");
    fixture.inputs.at = present() + days(1);
    CHECK_MESSAGE(fixture.lines() ==
                      "retire-certificate outside internal [superseded/time]\n"
                      "retire-certificate edge01 internal [superseded/time]\n"
                      "retire-certificate edge02 internal [superseded/time]\n",
                  "it goes by their marks, and so before them");
    SUBCASE("also after them, where it was away") {
        std::erase_if(fixture.store("edge01").personal,
                      [&](const PersonalEntry& entry) { return entry.id == served->sha256; });
        std::erase_if(fixture.store("edge02").personal,
                      [&](const PersonalEntry& entry) { return entry.id == served->sha256; });
        CHECK(fixture.lines() == "retire-certificate outside internal [unused/time]\n");
    }
    SUBCASE("what serves stays there: it is where a server that joins may get it from") {
        fixture.inputs.at = present() + days(100);
        CHECK(fixture.actions().find(now->sha256) == std::string::npos);
        for (const auto& step : fixture.plan().steps) {
            CHECK(step.fields.front().before == served->sha256);
        }
    }
    SUBCASE("other pools that share the machine take their own away themselves") {
        entry_of(fixture, "outside", served).pool = "other-edge";
        declare_pools(fixture, {"other-edge"});
        CHECK(fixture.actions() == "retire-certificate edge01; retire-certificate edge02");
        CHECK(warnings(fixture).empty());
    }
}

TEST_CASE("nor does it go in the plan that takes it out of service, however long its answer was on its way") {
    Fixture fixture(1);
    fixture.add_server("outside");
    fixture.pool.servers.back().outside = true;
    const auto served = fixture.converge({.age = days(300)});
    const auto fresh = issue({.key_number = 6, .age = days(1)});
    Put how;
    how.submitted = present() - days(20);
    fixture.put("outside", fresh, how);
    fixture.store("outside").roles.clear();
    CHECK(fixture.actions() == "transfer-certificate edge01; assign-role edge01");
}

TEST_CASE("what the pool before left on a server that moved goes by the pool that has the server now") {
    Fixture fixture;
    converge(fixture);
    const auto left = other(300);
    Put how = prepared(300);
    how.superseded = present() - days(7);
    fixture.put("edge02", left, how);
    auto& entry = entry_of(fixture, "edge02", left);
    entry.pool = "lon-edge";
    SUBCASE("where nobody knows which pools there are, nothing is done or said") {
        CHECK(fixture.lines() == "");
        CHECK(warnings(fixture).empty());
    }
    SUBCASE("that pool is declared, and cannot have this server as well") {
        declare_pools(fixture, {"lon-edge"});
        CHECK(fixture.lines() == "retire-certificate edge02 internal [superseded/time]\n");
        CHECK(warnings(fixture).empty());
        entry.superseded = present() - days(6);
        CHECK(fixture.lines() == "");
    }
    SUBCASE("but what never served here that pool may still want, and be the only one to have asked for") {
        declare_pools(fixture, {"lon-edge"});
        entry.superseded.reset();
        CHECK(fixture.lines() == "");
        CHECK(warnings(fixture) == std::vector<std::string>{"unused-kept"});
        fixture.pool.servers[1].absent = true;
        CHECK(fixture.actions().find(left->sha256) == std::string::npos);
        CHECK(fixture.actions().find("retire-certificate edge02; retire-certificate") == std::string::npos);
    }
    SUBCASE("nor is it taken by a narrowed plan, which did not look whose else the store is") {
        declare_pools(fixture, {"lon-edge"});
        fixture.inputs.targets = {"ams-edge"};
        CHECK(fixture.lines() == "");
    }
    SUBCASE("a role still points at it") {
        declare_pools(fixture, {"lon-edge"});
        fixture.assign("edge02", "their-own", left, false);
        CHECK(fixture.lines() == "");
    }
    SUBCASE("a role of that pool that is declared here no more points at nothing first") {
        declare_pools(fixture, {"lon-edge"});
        fixture.assign("edge02", "external", left);
        fixture.store("edge02").roles.back().pool = "lon-edge";
        CHECK(fixture.lines() == "unassign-role edge02 external [role-undeclared/manifest]\n");
    }
    SUBCASE("its trust goes with it, and behind it") {
        declare_pools(fixture, {"lon-edge"});
        fixture.trust("edge02", "renewed");
        for (auto& trusted : fixture.store("edge02").trust) {
            trusted.pool = trusted.authority == "renewed" ? "lon-edge" : "ams-edge";
        }
        CHECK(fixture.actions() == "retire-certificate edge02; distrust edge02; distrust edge02");
    }
    SUBCASE("it is just what is declared here") {
        declare_pools(fixture, {"lon-edge"});
        const auto same = issue({.key_number = 6, .age = days(10)});
        for (const char* server : {"edge01", "edge02"}) {
            fixture.store(server).personal.clear();
            fixture.store(server).roles.clear();
        }
        fixture.put("edge02", same);
        entry_of(fixture, "edge02", same).pool = "lon-edge";
        CHECK(fixture.actions() == "transfer-certificate edge01; assign-role edge01; assign-role edge02");
    }
    SUBCASE("an absent server is taken out, with what the pool before put there") {
        declare_pools(fixture, {"lon-edge"});
        fixture.pool.servers[1].absent = true;
        CHECK(fixture.actions() ==
              "unassign-role edge02; retire-certificate edge02; retire-certificate edge02; distrust edge02; "
              "distrust edge02");
    }
    SUBCASE("a pool that nobody declares here may be somebody else's: it stays, and is told") {
        declare_pools(fixture, {});
        CHECK(fixture.lines() == "");
        CHECK(warnings(fixture) == std::vector<std::string>{"left-behind"});
        CHECK(
            fixture.plan().diagnostics.front().text ==
            "the pool lon-edge, which is not declared here, left a certificate on edge02 that no role there "
            "refers to, and nothing removes");
        fixture.assign("edge02", "external", left);
        fixture.store("edge02").roles.back().pool = "lon-edge";
        CHECK(warnings(fixture).empty());
    }
}
