// Situations of a pool, each with the plan it must end in: state × desired × time → steps and reason codes.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

TEST_CASE("a fresh pool gets trust, request, certificate, transfer and assignment in the law's order") {
    const Fixture fixture;
    CHECK(fixture.lines() ==
          "trust-root edge01 contoso [chain-missing/new]\n"
          "trust-root edge02 contoso [chain-missing/new]\n"
          "trust-intermediate edge01 contoso [chain-missing/new]\n"
          "trust-intermediate edge02 contoso [chain-missing/new]\n"
          "create-request edge01 internal [no-certificate/new]\n"
          "submit-request edge01 internal [not-submitted/new]\n"
          "collect-certificate edge01 internal [not-collected/new]\n"
          "install-certificate edge01 internal [not-installed/new]\n"
          "transfer-certificate edge02 internal [not-on-server/new]\n"
          "assign-role edge01 internal [role-unassigned/new]\n"
          "assign-role edge02 internal [role-unassigned/new]\n");
}

TEST_CASE("a pool of one server needs no transfer") {
    const Fixture fixture(1);
    CHECK(fixture.actions() ==
          "trust-root edge01; trust-intermediate edge01; create-request edge01; submit-request edge01; "
          "collect-certificate edge01; "
          "install-certificate edge01; assign-role edge01");
}

TEST_CASE("a converged pool has nothing to do, and says until when") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    CHECK(fixture.lines() == "");
    const auto plan = fixture.plan();
    CHECK(plan.overview.state == UnitState::converged);
    REQUIRE(plan.overview.next_change);
    CHECK(*plan.overview.next_change > present());
    CHECK(*plan.overview.next_change < certificate->not_after);
}

TEST_CASE("a damaged chain beside a certificate that serves is drift, mended by assigning it once more") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    for (const char* file : {"/fullchain.pem", "/chain.pem"}) {
        auto damaged = fixture;
        damaged.store("edge02").findings.push_back(
            {"personal/" + certificate->sha256 + file, "broken-fullchain", "it is not the chain"});
        CHECK(damaged.lines() == "assign-role edge02 internal [chain-damaged/drift]\n");
        CHECK(damaged.plan().steps.front().summary ==
              "edge02: point internal at " + certificate->sha256.substr(0, 12) + " once more");
    }
    fixture.store("edge02").findings.push_back({"personal/other/fullchain.pem", "broken-fullchain", "x"});
    CHECK(fixture.lines() == "");
}

TEST_CASE("another group for the keys is an edit, carried out by assigning once more and by no new key") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    fixture.store("edge02").findings.push_back(
        {"personal/" + certificate->sha256 + "/key.pem", "key-group-differs", "another group"});
    CHECK(fixture.lines() == "assign-role edge02 internal [key-group-differs/manifest]\n");
}

TEST_CASE("an authority and a certificate of one name do not share their waits") {
    Fixture fixture;
    fixture.add_authority("internal");
    fixture.pool.authorities.push_back("internal");
    fixture.authority("internal").chain.clear();
    fixture.authority("internal").chain_problem = "its chain is not there";
    std::size_t steps = 0;
    StepId wait;
    const auto plan = fixture.plan();
    for (const auto& step : plan.steps) {
        wait = step.wait ? step.id : wait;
    }
    REQUIRE_FALSE(wait.empty());
    for (const auto& step : plan.steps) {
        steps += step.certificate == "internal" ? 1U : 0U;
        CHECK(std::find(step.after.begin(), step.after.end(), wait) == step.after.end());
    }
    CHECK(steps > 3);  // the certificate's own go on
}

TEST_CASE("a clock far off is a warning, a few seconds are none") {
    Fixture fixture;
    static_cast<void>(fixture.converge());
    fixture.view.servers.at("edge01").clock_difference = Seconds{20};
    CHECK(fixture.plan().diagnostics.empty());
    fixture.view.servers.at("edge02").clock_difference = -days(900);
    const auto plan = fixture.plan();
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "clock-differs");
    CHECK(plan.diagnostics.front().text.find("edge02") != std::string::npos);
}

TEST_CASE("a key that others can read is refused, and its copy is not called a repair without a word") {
    Fixture fixture;
    static_cast<void>(fixture.converge());
    fixture.store("edge02").personal.front().key = KeyState::exposed;
    CHECK(fixture.lines() == "transfer-certificate edge02 internal [key-exposed/drift]\n");
    const auto plan = fixture.plan();
    CHECK(plan.steps.front().reasons.front().text.find("stays known to whoever read it") !=
          std::string::npos);
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "key-exposed");
}

TEST_CASE("what was there and is gone is drift: a deleted certificate, a deleted assignment") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    auto deleted = fixture;
    deleted.store("edge02").personal.clear();
    for (auto& record : deleted.store("edge02").roles) {
        record.dangling = true;
    }
    // With the certificate back the role points at something again.
    CHECK(deleted.lines() == "transfer-certificate edge02 internal [not-on-server/drift]\n");
    deleted.store("edge01").personal.clear();
    deleted.store("edge01").roles.front().dangling = true;
    CHECK(deleted.lines().starts_with("create-request edge01 internal [certificate-gone/drift]\n"));
    auto unassigned = fixture;
    auto& record = unassigned.store("edge02").roles.front();
    record.assigned = {};
    record.owned = false;
    record.pool = "ams-edge";
    CHECK(unassigned.lines() == "assign-role edge02 internal [role-unassigned/drift]\n");
}

TEST_CASE("a plan up to the installation says what it leaves unswitched") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    fixture.store("edge01").roles.clear();
    fixture.store("edge02").roles.clear();
    fixture.inputs.until_installed = true;
    const auto plan = fixture.plan();
    CHECK(plan.steps.empty());
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "not-switched");
    CHECK(plan.diagnostics.front().text == "prepared, not switched: internal");
}

TEST_CASE("a plan narrowed to a server says what it leaves, and which roles it does not switch") {
    Fixture fixture;
    static_cast<void>(fixture.converge());
    fixture.store("edge01").roles.clear();
    fixture.store("edge02").roles.clear();
    fixture.inputs.targets = {"ams-edge/edge01"};
    const auto plan = fixture.plan();
    CHECK(plan.steps.empty());
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "outside-target");
    CHECK(plan.diagnostics.front().text == "left outside of --target: 2 steps; not switched: internal");
    fixture.inputs.targets = {"ams-edge"};
    CHECK(fixture.plan().diagnostics.empty());
}

TEST_CASE("a server that joins gets the pool's certificate without a request") {
    Fixture fixture;
    fixture.converge();
    fixture.add_server("edge03");
    CHECK(fixture.lines() ==
          "trust-root edge03 contoso [chain-missing/new]\n"
          "trust-intermediate edge03 contoso [chain-missing/new]\n"
          "transfer-certificate edge03 internal [not-on-server/new]\n"
          "assign-role edge03 internal [role-unassigned/new]\n");
}

TEST_CASE(
    "a server that joins while a renewal waits gets the serving certificate, and the request stays one") {
    Fixture fixture;  // its request is known by its holder alone: the entry comes to the others first
    fixture.converge({.age = days(300)});
    fixture.add_server("edge03");
    auto& request = fixture.request("edge01", RequestPhase::accepted);
    fixture.view.answers[request.issuance] =
        Pending{"the officer of contoso (request 42)", "approve request 42"};
    CHECK(fixture.actions() ==
          "trust-root edge03; trust-intermediate edge03; transfer-certificate edge03; assign-role edge03; "
          "create-request edge02; create-request edge03; wait; collect-certificate edge01; "
          "install-certificate edge01; transfer-certificate edge02; transfer-certificate edge03; assign-role "
          "edge01; assign-role edge02; assign-role edge03");
    CHECK(fixture.plan().overview.state == UnitState::waiting);
}

TEST_CASE(
    "a server that was replaced by an empty machine gets everything again, also while a renewal waits") {
    Fixture fixture;
    fixture.converge({.age = days(300)});
    fixture.view.servers["edge02"].store = {};
    auto& request = fixture.request("edge01", RequestPhase::accepted);
    fixture.view.answers[request.issuance] = Pending{"the officer", "approve"};
    const auto text = fixture.actions();
    CHECK(
        text.starts_with("trust-root edge02; trust-intermediate edge02; transfer-certificate edge02; "
                         "assign-role edge02; create-request edge02; wait"));
}

TEST_CASE("an absent server is taken out at once, certificates, role and trust") {
    Fixture fixture;
    fixture.converge();
    fixture.pool.servers[1].absent = true;
    CHECK(fixture.lines() ==
          "unassign-role edge02 internal [server-absent/manifest]\n"
          "retire-certificate edge02 internal [server-absent/manifest]\n"
          "distrust edge02 contoso [server-absent/manifest]\n"
          "distrust edge02 contoso [server-absent/manifest]\n");
    for (const auto& step : fixture.plan().steps) {
        if (step.action == Action::distrust) {
            CHECK_MESSAGE(!step.irreversible, "what is no secret can be put back");
        }
    }
}

TEST_CASE("the last copy of a key that the pool needs is never taken from an absent server") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    fixture.pool.servers[1].absent = true;
    fixture.store("edge01").personal.clear();
    SUBCASE("it is brought to the others first") {
        CHECK(fixture.actions() ==
              "transfer-certificate edge01; unassign-role edge02; retire-certificate edge02; distrust "
              "edge02; distrust edge02");
    }
    SUBCASE("and where that cannot be, it stays") {
        fixture.view.servers["edge01"].reachable = false;
        const auto plan = fixture.plan();
        for (const auto& step : plan.steps) {
            CHECK(step.action != Action::retire_certificate);
        }
        CHECK(plan.overview.state == UnitState::blocked);
    }
    SUBCASE("what goes before it takes along what only that needed") {
        fixture.view.servers["edge01"].reachable = false;
        fixture.trust("edge02", "renewed");
        fixture.put("edge02", issue({.ca = "renewed", .key_number = 9, .age = days(200)}));
        auto& held = fixture.store("edge02").personal;
        std::rotate(held.begin(), held.end() - 1, held.end());
        CHECK(fixture.actions() ==
              "wait edge01; unassign-role edge02; retire-certificate edge02; wait edge02; distrust edge02; "
              "distrust edge02");
    }
}

TEST_CASE("nor the only certificate that could still serve, before a new one has taken its place") {
    Fixture fixture;
    fixture.trust("edge01");
    fixture.trust("edge02");
    fixture.put("edge01", issue({.age = days(300)}));
    fixture.pool.servers[0].absent = true;
    fixture.pool.request_on = "edge02";
    CHECK(fixture.actions().find("retire-certificate edge01") != std::string::npos);
    fixture.authority().reachable = false;
    CHECK(fixture.actions() == "create-request edge02; wait; wait edge01");
    CHECK(fixture.plan().steps.back().wait->what_to_do.find("it goes when a new") != std::string::npos);
    fixture.inputs.at = present() + days(66);  // it has expired
    CHECK(fixture.actions().find("retire-certificate edge01") != std::string::npos);
}

TEST_CASE("with every server absent the keys are kept, and a person is asked whether the pool is given up") {
    Fixture fixture;
    fixture.converge();
    fixture.pool.servers[0].absent = true;
    fixture.pool.servers[1].absent = true;
    const auto plan = fixture.plan();
    int waits = 0;
    for (const auto& step : plan.steps) {
        CHECK(step.action != Action::retire_certificate);
        if (step.wait) {
            ++waits;
            CHECK(step.wait->code == "dissolved");
            CHECK(step.wait->kind == WaitKind::person);
            CHECK(step.wait->what_to_do.find("take the pool out of the manifests") != std::string::npos);
        }
    }
    CHECK(waits == 2);
    CHECK(plan.overview.worst_moment == "internal goes out of service on edge01, edge02");
}

TEST_CASE("a copy on a server in maintenance counts: the absent one's may go") {
    Fixture fixture;
    fixture.converge();
    fixture.pool.servers[0].maintenance = true;
    fixture.pool.servers[1].absent = true;
    CHECK(fixture.actions().find("retire-certificate edge02") != std::string::npos);
    fixture.view.servers["edge01"].reachable = false;
    CHECK(fixture.actions().find("retire-certificate edge02") == std::string::npos);
}

TEST_CASE("a role added to a certificate is assigned, without a new certificate") {
    Fixture fixture;
    fixture.converge();
    fixture.spec().roles = {"audio-video-authentication", "internal"};
    CHECK(fixture.lines() ==
          "assign-role edge01 audio-video-authentication [role-unassigned/new]\n"
          "assign-role edge02 audio-video-authentication [role-unassigned/new]\n");
}

TEST_CASE("one certificate serves three roles") {
    Fixture fixture(1);
    fixture.spec().roles = {"access-edge-external", "audio-video-authentication", "data-edge-external"};
    CHECK(fixture.actions().ends_with(
        "install-certificate edge01; assign-role edge01; assign-role edge01; assign-role edge01"));
    const auto plan = fixture.plan();
    CHECK(std::count_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
              return step.action == Action::create_request;
          }) == 1);
}

TEST_CASE("a SAN added in the manifest reissues, and says which name and why") {
    Fixture fixture;
    fixture.converge();
    fixture.spec().requirement.names.dns.insert("new.contoso.net");
    const auto plan = fixture.plan();
    REQUIRE(!plan.steps.empty());
    CHECK(plan.steps[0].action == Action::create_request);
    REQUIRE(plan.steps[0].reasons.size() == 1);
    CHECK(plan.steps[0].reasons[0].code == "name-missing");
    CHECK(plan.steps[0].reasons[0].cause == Cause::manifest);
    CHECK(plan.steps[0].reasons[0].text.find("new.contoso.net") != std::string::npos);
    CHECK(plan.overview.names_gained == std::vector<std::string>{"internal: new.contoso.net"});
    CHECK(
        fixture.lines().ends_with("assign-role edge01 internal [role-superseded/manifest]\nassign-role "
                                  "edge02 internal [role-superseded/manifest]\n"));
}

TEST_CASE("a SAN removed reissues under an exact CA and is left under one that may add names") {
    Fixture fixture;
    fixture.converge();
    fixture.spec().requirement.names.dns.erase("edge02.contoso.net");
    CHECK(fixture.lines().starts_with("create-request edge01 internal [name-not-declared/manifest]\n"));
    CHECK(fixture.plan().overview.names_lost == std::vector<std::string>{"internal: edge02.contoso.net"});
    fixture.authorities["contoso"].match.names_superset = true;
    CHECK(fixture.lines() == "");
}

TEST_CASE("the CN's own entry among the names is never drift, neither present nor absent") {
    Fixture fixture;
    fixture.spec().requirement.names.dns = {"edge01.contoso.net"};
    SUBCASE("present") {
        fixture.converge({.names = {"edge01.contoso.net", "pool.contoso.net"}});
    }
    SUBCASE("absent") {
        fixture.converge({.names = {"edge01.contoso.net"}});
    }
    CHECK(fixture.lines() == "");
}

TEST_CASE("another authority reissues, trusts the new chain first and distrusts the old one last") {
    Fixture fixture;
    fixture.converge();
    fixture.add_authority("fabrikam");
    std::erase(fixture.pool.authorities, "contoso");
    fixture.spec().requirement.authority = "fabrikam";
    const auto text = fixture.actions();
    CHECK(
        text.starts_with("trust-root edge01; trust-root edge02; trust-intermediate edge01; "
                         "trust-intermediate edge02; create-request edge01"));
    CHECK(text.find("distrust") ==
          std::string::npos);  // the old certificate is still there, and needs its chain
    const auto plan = fixture.plan();
    const auto request = std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
        return step.action == Action::create_request;
    });
    REQUIRE(request != plan.steps.end());
    CHECK(request->reasons.front().code == "chain-unknown");
    CHECK(request->reasons.front().cause == Cause::manifest);
}

TEST_CASE("a larger key reissues, a smaller one does not") {
    Fixture fixture;
    fixture.converge();
    SUBCASE("larger") {
        fixture.spec().requirement.key.bits = 384;
        CHECK(fixture.lines().starts_with("create-request edge01 internal [key-kind/manifest]\n"));
    }
    SUBCASE("another algorithm") {
        fixture.spec().requirement.key = {x509::KeyAlgorithm::rsa, 2048};
        CHECK(fixture.lines().starts_with("create-request edge01 internal [key-kind/manifest]\n"));
    }
}

TEST_CASE("renewal window, validity and digest edited reissue nothing") {
    Fixture fixture;
    fixture.converge();
    fixture.spec().renewal.before = days(20);
    fixture.spec().validity = days(30);
    fixture.spec().digest = "sha384";
    fixture.spec().minimum_validity = days(700);
    fixture.spec().exportable = false;
    CHECK(fixture.lines() == "");
}

TEST_CASE("a friendly name edited is set in place") {
    Fixture fixture;
    fixture.converge();
    fixture.spec().friendly_name = "Edge 2026";
    CHECK(fixture.lines() ==
          "set-friendly-name edge01 internal [friendly-name-differs/manifest]\n"
          "set-friendly-name edge02 internal [friendly-name-differs/manifest]\n");
}

TEST_CASE(
    "issuedAfter replaces what is older once it is past, by the recorded submission before the backdated "
    "notBefore") {
    Fixture fixture;
    Put how;
    how.submitted = present() - days(5);
    fixture.converge({.age = days(10)}, how);
    SUBCASE("after the submission: replaced") {
        fixture.spec().issued_after = present() - days(1);
        CHECK(fixture.lines().starts_with("create-request edge01 internal [issued-before/manifest]\n"));
    }
    SUBCASE("between notBefore and submission: kept") {
        fixture.spec().issued_after = present() - days(7);
        CHECK(fixture.lines() == "");
    }
    SUBCASE("in the future: not yet") {
        fixture.spec().issued_after = present() + days(1);
        CHECK(fixture.lines() == "");
        CHECK(fixture.plan().overview.next_change == present() + days(1));
    }
}

TEST_CASE("a key that cannot leave its server in a pool that grew is replaced by one that can") {
    Fixture fixture(1);
    Put how;
    how.exportable = false;
    fixture.converge({}, how);
    CHECK(fixture.lines() == "");
    fixture.add_server("edge02");
    const auto plan = fixture.plan();
    const auto request = std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
        return step.action == Action::create_request;
    });
    REQUIRE(request != plan.steps.end());
    CHECK(request->reasons.front().code == "key-not-exportable");
}

TEST_CASE("an intermediate in Root goes first into its own store, then out of Root, whoever put it there") {
    Fixture fixture;
    fixture.converge();
    auto& trust = fixture.store("edge01").trust;
    trust[1].kind = TrustKind::root;
    trust[1].owned = false;
    const auto plan = fixture.plan();
    REQUIRE(plan.steps.size() == 2);
    CHECK(plan.steps[0].action == Action::trust_intermediate);
    CHECK(plan.steps[1].action == Action::distrust);
    CHECK(plan.steps[1].after == std::vector<StepId>{plan.steps[0].id});
    CHECK(plan.steps[1].reasons[0].code == "intermediate-in-root");
    CHECK(plan.steps[1].reasons[0].cause == Cause::drift);
}

TEST_CASE(
    "a foreign certificate assigned by hand is put back, one role of three too, and the foreign one stays in "
    "the store") {
    Fixture fixture;
    fixture.spec().roles = {"a", "b", "c"};
    fixture.converge();
    const auto foreign = issue(
        {.ca = "fabrikam", .common_name = "other.example", .names = {"other.example"}, .key_number = 3});
    Put how;
    how.owned = false;
    fixture.put("edge02", foreign, how);
    fixture.assign("edge02", "b", foreign, false);
    CHECK(fixture.lines() == "assign-role edge02 b [role-foreign/drift]\n");
}

TEST_CASE("a role that was unassigned by hand is assigned again") {
    Fixture fixture;
    fixture.converge();
    auto& record = fixture.store("edge02").roles.front();
    record.previous = record.assigned;
    record.assigned = {};
    CHECK(fixture.lines() == "assign-role edge02 internal [role-unassigned/drift]\n");
}

TEST_CASE("a deleted key comes back from another server; the last one gone means a new certificate") {
    Fixture fixture;
    fixture.converge();
    fixture.store("edge02").personal.front().key = KeyState::absent;
    CHECK(fixture.lines() == "transfer-certificate edge02 internal [key-absent/drift]\n");
    fixture.store("edge01").personal.front().key = KeyState::absent;
    CHECK(fixture.lines().starts_with("create-request edge01 internal [key-missing/drift]\n"));
}

TEST_CASE("a key that others can read, or that is another certificate's, does not count") {
    for (const auto state : {KeyState::exposed, KeyState::mismatched, KeyState::unreadable}) {
        Fixture fixture;
        fixture.converge();
        fixture.store("edge01").personal.front().key = state;
        CHECK(fixture.lines() ==
              "transfer-certificate edge01 internal [key-" + std::string{to_text(state)} + "/drift]\n");
    }
}

TEST_CASE("an emptied store gets everything again from the others") {
    Fixture fixture;
    fixture.converge();
    fixture.view.servers["edge01"].store = {};
    CHECK(fixture.actions() ==
          "trust-root edge01; trust-intermediate edge01; transfer-certificate edge01; assign-role edge01");
}

TEST_CASE("rubbish in a store is told and changes nothing") {
    Fixture fixture;
    fixture.converge();
    const std::string id(64, 'a');
    fixture.store("edge01").findings = {{"personal/" + id + "/entry.json", "bad-record", "not JSON"},
                                        {"personal/abc", "rubbish", "not a certificate"},
                                        {"root/x", "rubbish", "no file of a store"}};
    fixture.store("edge02").findings = {{"", "not-writable", "the store's folder may not be written"}};
    CHECK(fixture.lines() == "");
    const auto told = fixture.plan().diagnostics;
    REQUIRE(told.size() == 2);
    CHECK(told.front().severity == Severity::note);
    CHECK(told.front().code == "store-findings");
    CHECK(told.front().text ==
          "the store of edge01 is not all as it should be: personal/aaaaaaaaaaaa…/entry.json: not JSON "
          "[bad-record]; personal/abc: not a certificate [rubbish]; and 1 more");
    CHECK(told.back().code == "store-unusable");
}

TEST_CASE("a satisfying certificate that somebody put there by hand is used, and not owned") {
    Fixture fixture;
    fixture.trust("edge01");
    fixture.trust("edge02");
    const auto certificate = issue({});
    Put how;
    how.owned = false;
    fixture.put("edge01", certificate, how);
    CHECK(fixture.actions() == "transfer-certificate edge02; assign-role edge01; assign-role edge02");
}

TEST_CASE("a renewed chain: the new root first everywhere, the old one last and only if it came from us") {
    Fixture fixture;
    fixture.converge();
    // The CA's chain is now another one; the certificate was issued under the new one already.
    fixture.authority().chain = {{{}, ca("renewed").root, true}, {{}, ca("renewed").issuing, false}};
    for (const auto& server : {"edge01", "edge02"}) {
        fixture.store(server).personal.clear();
    }
    const auto certificate = issue({.ca = "renewed"});
    for (const auto& server : {"edge01", "edge02"}) {
        fixture.put(server, certificate);
        fixture.assign(server, "internal", certificate);
    }
    fixture.store("edge02").trust[0].owned = false;
    CHECK(fixture.actions() ==
          "trust-root edge01; trust-root edge02; trust-intermediate edge01; trust-intermediate edge02; "
          "distrust edge01; distrust edge01; distrust edge02");
}

TEST_CASE("a further trusted authority is added, and taken away again only where we put it") {
    Fixture fixture;
    fixture.converge();
    fixture.add_authority("old");
    CHECK(fixture.actions() ==
          "trust-root edge01; trust-root edge02; trust-intermediate edge01; trust-intermediate edge02");
    fixture.trust("edge01", "old");
    fixture.trust("edge02", "old", false);
    CHECK(fixture.lines() == "");
    std::erase(fixture.pool.authorities, "old");
    CHECK(fixture.lines() ==
          "distrust edge01 old [not-in-chain/manifest]\ndistrust edge01 old [not-in-chain/manifest]\n");
}

TEST_CASE("an unreachable server: the pool prepares what it can and does not switch") {
    Fixture fixture(3);
    fixture.converge({.age = days(300)});
    fixture.view.servers["edge03"] = {};
    fixture.view.servers["edge03"].reachable = false;
    fixture.view.servers["edge03"].error = "no route to host";
    const auto plan = fixture.plan();
    CHECK(fixture.actions() ==
          "wait edge03; create-request edge01; submit-request edge01; collect-certificate edge01; "
          "install-certificate edge01; transfer-certificate edge02");
    REQUIRE(plan.overview.unreachable.size() == 1);
    CHECK(plan.overview.unreachable[0].blocks == std::vector<std::string>{"the assignment of internal"});
    CHECK(plan.overview.state == UnitState::blocked);
}

TEST_CASE("a fresh pool part of which cannot be seen makes no request: the certificate may be there") {
    Fixture fixture;
    fixture.view.servers["edge02"].reachable = false;
    const auto text = fixture.actions();
    CHECK(text.find("create-request") == std::string::npos);
    CHECK(text.starts_with("wait edge02"));
}

TEST_CASE("nor one whose absent server cannot be seen: the only trace of an open request may be there") {
    Fixture fixture;
    fixture.pool.servers[0].absent = true;
    fixture.view.servers["edge01"].reachable = false;
    CHECK(fixture.actions() == "wait edge01; trust-root edge02; trust-intermediate edge02; wait");
    const auto plan = fixture.plan();
    REQUIRE(plan.steps.back().wait);
    CHECK(plan.steps.back().wait->code == "holder-unreachable");
    CHECK(plan.steps.back().wait->what_to_do.find("take it out of the pool's servers") != std::string::npos);
    SUBCASE("gone for good, it is taken out of the manifest, and the pool goes on") {
        fixture.pool.servers.erase(fixture.pool.servers.begin());
        CHECK(fixture.actions().find("create-request edge02") != std::string::npos);
    }
    SUBCASE("what another server serves was asked for by the pool that it knows: its renewal goes on") {
        fixture.trust("edge02");
        const auto held = issue({.age = days(300)});
        fixture.put("edge02", held);
        fixture.assign("edge02", "internal", held);
        CHECK(fixture.actions().find("create-request edge02") != std::string::npos);
    }
}

TEST_CASE("maintenance takes a server out of the barrier, and an unreachable one is then no failure") {
    Fixture fixture(3);
    fixture.converge({.age = days(300)});
    fixture.pool.servers[2].maintenance = true;
    fixture.view.servers["edge03"] = {};
    fixture.view.servers["edge03"].reachable = false;
    CHECK(fixture.actions() ==
          "create-request edge01; submit-request edge01; collect-certificate edge01; install-certificate "
          "edge01; transfer-certificate edge02; assign-role edge01; assign-role edge02");
    CHECK(fixture.plan().overview.state == UnitState::changes);
}

TEST_CASE("due, not yet due, expired") {
    Fixture fixture;
    fixture.converge({.age = days(100), .lifetime = days(300)});  // due at 201 days
    SUBCASE("not yet due") {
        CHECK(fixture.lines() == "");
    }
    SUBCASE("due") {
        fixture.inputs.at = present() + days(102);
        CHECK(fixture.lines().starts_with("create-request edge01 internal [renewal-due/time]\n"));
        CHECK(fixture.lines().find("role-superseded/time") != std::string::npos);
    }
    SUBCASE("expired") {
        fixture.inputs.at = present() + days(201);
        CHECK(fixture.lines().starts_with("create-request edge01 internal [expired/time]\n"));
        CHECK(fixture.plan().overview.deadline.find("expired") != std::string::npos);
    }
    SUBCASE("never earlier than half of the lifetime") {
        fixture.spec().renewal.before = days(290);
        fixture.inputs.at = present() + days(49);
        CHECK(fixture.lines() == "");
        fixture.inputs.at = present() + days(50);
        CHECK(fixture.lines().starts_with("create-request edge01"));
    }
}

TEST_CASE("superseded certificates of ours go after their time, when nothing refers to them") {
    Fixture fixture;
    const auto old = issue({.key_number = 5, .age = days(300)});
    Put how;
    how.superseded = present() - days(6);
    fixture.put("edge01", old, how);
    fixture.converge();
    CHECK(fixture.lines() == "");
    fixture.store("edge01").personal.front().superseded = present() - days(7);
    CHECK(fixture.lines() == "retire-certificate edge01 internal [superseded/time]\n");
    SUBCASE("not while a role of somebody's points at it") {
        fixture.assign("edge02", "their-own", old, false);
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not what somebody else installed") {
        fixture.store("edge01").personal.front().owned = false;
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not while a server cannot be seen") {
        fixture.view.servers["edge02"].reachable = false;
        CHECK(fixture.actions() == "wait edge02");
    }
    SUBCASE("nor then what nobody declares any more") {
        fixture.store("edge01").personal.front().name = "dropped";
        CHECK(fixture.actions() == "retire-certificate edge01");
        fixture.view.servers["edge02"].reachable = false;
        CHECK(fixture.actions() == "wait edge02");
    }
}

TEST_CASE("what a plan itself takes out of service goes after its time, although it has expired long ago") {
    Fixture fixture(1);
    fixture.converge({.key_number = 5, .age = days(400)});
    fixture.put("edge01", issue({.key_number = 6, .age = days(1)}));
    CHECK(fixture.actions() == "assign-role edge01");
    fixture.store("edge01").personal.front().superseded = present() - days(30);  // by a run that was killed
    CHECK(fixture.actions() == "assign-role edge01");
    fixture.store("edge01").roles.clear();
    CHECK(fixture.actions() == "assign-role edge01; retire-certificate edge01");
}

TEST_CASE("two controllers that look at the same state name the same request") {
    const Fixture fixture;
    CHECK(fixture.plan() == fixture.plan());
    Fixture other;
    std::swap(other.pool.certificates, other.pool.certificates);
    CHECK(fixture.plan().steps == other.plan().steps);
}

TEST_CASE("a second certificate of the same requirement is a certificate of its own, whoever is born first") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    CertificateSpec twin = fixture.spec();
    twin.name = "twin";
    twin.roles = {"twin"};
    fixture.pool.certificates.push_back(twin);
    CHECK(fixture.lines() ==
          "create-request edge01 twin [no-certificate/new]\n"
          "submit-request edge01 twin [not-submitted/new]\n"
          "collect-certificate edge01 twin [not-collected/new]\n"
          "install-certificate edge01 twin [not-installed/new]\n"
          "transfer-certificate edge02 twin [not-on-server/new]\n"
          "assign-role edge01 twin [role-unassigned/new]\n"
          "assign-role edge02 twin [role-unassigned/new]\n");
    // Renamed, not doubled: what the old name left behind goes on serving.
    fixture.pool.certificates.erase(fixture.pool.certificates.begin());
    fixture.spec().roles = {"internal"};
    CHECK(fixture.lines() == "");
}
