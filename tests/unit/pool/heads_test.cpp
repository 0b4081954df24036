// What the head of a pool's plan says of what serves, until when, and what goes out of service; and warnings
// of CAs that end.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

// The issuing CA of "contoso" with its key, as it would be if it ended then.
x509::CertificateRef issuing_until(Instant end) {
    const auto& made = ca("contoso");
    x509::Issuance order;
    order.subject = made.issuing->subject;
    order.spki_der = made.issuing_key.spki_der;
    order.not_before = present() - days(400);
    order.not_after = end;
    order.serial = "0401";
    order.authority = true;
    return x509::sign_certificate(order, made.root_key, made.root);
}

// The declared and trusted issuing CA is this one.
void reissue(Fixture& fixture, const x509::CertificateRef& issuing) {
    fixture.authority().chain.back().certificate = issuing;
    for (auto& [name, server] : fixture.view.servers) {
        for (auto& entry : server.store.trust) {
            if (entry.kind == TrustKind::intermediate) {
                entry.id = issuing->sha256;
                entry.certificate = issuing;
            }
        }
    }
}

std::string warnings(const UnitPlan& plan) {
    std::string codes;
    for (const auto& one : plan.diagnostics) {
        codes += one.severity == Severity::warning ? (codes.empty() ? "" : ", ") + one.code : "";
    }
    return codes;
}

// "certificate (roles) on servers", a line each.
std::string serving(const UnitPlan& plan) {
    std::string text;
    const auto list = [](const std::vector<std::string>& names) {
        std::string joined;
        for (const auto& name : names) {
            joined += (joined.empty() ? "" : ", ") + name;
        }
        return joined;
    };
    for (const auto& line : plan.overview.serving) {
        text += line.certificate + " (" + list(line.roles) + ") on " + list(line.servers) +
                (line.renewal_due ? "" : ", never renewed") + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a CA that ends before what it issued is told, counts as the deadline, and makes no step") {
    Fixture fixture;
    fixture.converge();
    const auto end = present() + days(20);
    reissue(fixture, issuing_until(end));
    auto plan = fixture.plan();
    CHECK(plan.steps.empty());
    CHECK(plan.overview.state == UnitState::converged);
    CHECK(warnings(plan) == "chain-ends-first");
    CHECK(plan.overview.deadline == "the CA above internal expires in 20 d on 2 servers");
    CHECK(plan.overview.deadline_at == end);
    CHECK(plan.overview.next_change == end);
    fixture.inputs.at = end + days(1);
    plan = fixture.plan();
    CHECK(plan.steps.empty());
    REQUIRE(warnings(plan) == "chain-ends-first");
    CHECK(plan.diagnostics.front().text.find("expired on 2026-06-21") != std::string::npos);
    CHECK(plan.overview.deadline == "the CA above internal expired 1 d ago on 2 servers");
}

TEST_CASE("nothing is ordered that would end no later than what serves, until the CA is renewed or ends") {
    Fixture fixture;
    const auto end = present() + days(40);
    fixture.converge({.age = days(60), .lifetime = days(100)});  // due 33 days before its end
    reissue(fixture, issuing_until(end));
    fixture.inputs.at = end - days(20);
    auto plan = fixture.plan();
    CHECK(plan.steps.empty());
    CHECK(plan.overview.state == UnitState::converged);
    CHECK(warnings(plan) == "authority-ends-soon");
    CHECK(plan.diagnostics.back().text.find("nothing is ordered") != std::string::npos);
    CHECK(serving(plan) == "internal (internal) on edge01, edge02, never renewed\n");
    CHECK(plan.overview.next_change == end);
    SUBCASE("before it is due, nothing is said") {
        fixture.inputs.at = present();
        plan = fixture.plan();
        CHECK(plan.steps.empty());
        CHECK(warnings(plan) == "");
        CHECK(plan.overview.next_change == end);
    }
    SUBCASE("a renewed CA") {
        fixture.authority().chain.push_back({{}, issuing_until(end + days(1)), false});
        CHECK(fixture.lines().find("create-request edge01 internal [renewal-due/time]") != std::string::npos);
        CHECK(warnings(fixture.plan()) == "");
    }
    SUBCASE("whatever else asks for another one") {
        fixture.spec().issued_after = fixture.inputs.at - days(1);
        CHECK(fixture.actions().find("create-request edge01") == 0);
    }
    SUBCASE("the end of both") {
        fixture.inputs.at = end;
        plan = fixture.plan();
        CHECK(plan.overview.state == UnitState::blocked);
        REQUIRE_FALSE(plan.steps.empty());
        CHECK(plan.steps.front().wait->code == "authority-expired");
    }
}

TEST_CASE("an answer that lay for long is installed where the CA has nothing better to give") {
    Fixture fixture;
    const auto end = present() + days(40);
    fixture.converge({.age = days(60), .lifetime = days(99)});
    reissue(fixture, issuing_until(end));
    auto& request = fixture.request("edge01", RequestPhase::collected);
    request.submitted = present() - days(60);
    request.answer = issue({.key_number = 7, .age = days(60), .lifetime = days(100)});
    fixture.inputs.at = end - days(20);
    CHECK(fixture.actions() ==
          "install-certificate edge01; transfer-certificate edge02; assign-role edge01; assign-role edge02");
}

TEST_CASE("a renewed CA beside the one that ends makes the chain last") {
    Fixture fixture;
    fixture.converge();
    fixture.authority().chain.push_back({{}, issuing_until(present() - days(1)), false});
    CHECK(warnings(fixture.plan()) == "");
}

TEST_CASE(
    "a CA that is renewed, while servers present the one before that ends, is told, and they are mended") {
    Fixture fixture;
    fixture.converge();
    const auto old = issuing_until(present() + days(20));
    for (const char* server : {"edge01", "edge02"}) {
        fixture.store(server).personal.front().chain = {old};
    }
    const auto plan = fixture.plan();
    CHECK(fixture.lines() ==
          "assign-role edge01 internal [chain-outdated/manifest]\n"
          "assign-role edge02 internal [chain-outdated/manifest]\n");
    REQUIRE(warnings(plan) == "chain-ends-first");
    CHECK(plan.diagnostics.front().hint.find("apply") != std::string::npos);
    CHECK(plan.overview.deadline_at == old->not_after);
    for (const char* server : {"edge01", "edge02"}) {
        fixture.store(server).personal.front().chain = {ca("contoso").issuing, ca("contoso").root};
    }
    CHECK(warnings(fixture.plan()) == "");
    CHECK(fixture.lines() == "");
}

TEST_CASE("nothing is asked of a CA that has expired: that waits for whoever keeps it") {
    Fixture fixture;
    reissue(fixture, issuing_until(present() - days(1)));
    const auto asked = [&] {
        const auto plan = fixture.plan();
        const auto found = std::find_if(
            plan.steps.begin(), plan.steps.end(), [](const Step& step) { return step.wait.has_value(); });
        REQUIRE(found != plan.steps.end());
        CHECK(found->wait->code == "authority-expired");
        CHECK(found->wait->kind == WaitKind::person);
        CHECK(plan.overview.state == UnitState::blocked);
        CHECK(std::none_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
            return step.action == Action::create_request || step.action == Action::submit_request;
        }));
    };
    SUBCASE("a new certificate") {
        asked();
    }
    SUBCASE("a request that is made and not sent") {
        fixture.trust("edge01");
        fixture.trust("edge02");
        fixture.request("edge01", RequestPhase::created);
        asked();
    }
}

TEST_CASE("nothing is asked of a CA that has lost its key: that waits for whoever has the backup") {
    Fixture fixture;
    fixture.authority().unable = "its private key is not in the folder";
    const auto plan = fixture.plan();
    const auto found = std::find_if(
        plan.steps.begin(), plan.steps.end(), [](const Step& step) { return step.wait.has_value(); });
    REQUIRE(found != plan.steps.end());
    CHECK(found->wait->code == "authority-unable");
    CHECK(found->wait->what_to_do.find("restore its private key from the backup") != std::string::npos);
    CHECK(exit_status(plan) == 3);
    CHECK(fixture.actions().find("create-request") == std::string::npos);
    static_cast<void>(fixture.converge());
    CHECK(fixture.plan().steps.empty());  // what serves needs nothing of it
}

TEST_CASE("a certificate without its key serves nothing, and that is said") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    fixture.store("edge02").personal.front().key = KeyState::mismatched;
    auto plan = fixture.plan();
    CHECK(serving(plan) == "internal (internal) on edge01\n");
    REQUIRE(warnings(plan) == "served-without-key");
    CHECK(plan.diagnostics.front().text ==
          "internal points at a certificate with a key that is not its own on edge02");
    for (const char* server : {"edge01", "edge02"}) {
        fixture.store(server).personal.front().key = KeyState::absent;
    }
    plan = fixture.plan();
    CHECK(plan.overview.serving.empty());
    CHECK(plan.overview.deadline.empty());
    CHECK(plan.diagnostics.front().text ==
          "internal points at a certificate without its key on edge01, edge02");
}

TEST_CASE("one role of three switched by hand is its own row, and a certificate of nobody is called so") {
    Fixture fixture;
    fixture.spec().roles = {"internal", "r2", "r3"};
    static_cast<void>(fixture.converge());
    const auto foreign = issue({.common_name = "other.contoso.net", .names = {}, .key_number = 9});
    fixture.put("edge02", foreign, {.owned = false});
    fixture.assign("edge02", "r3", foreign, false);
    CHECK(serving(fixture.plan()) ==
          "internal (internal, r2) on edge02\n"
          "internal (internal, r2, r3) on edge01\n"
          " (r3) on edge02, never renewed\n");
}

TEST_CASE("a certificate put there by hand that is what was declared is called by its declaration") {
    Fixture fixture;
    static_cast<void>(fixture.converge({}, {.owned = false}));
    CHECK(serving(fixture.plan()) == "internal (internal) on edge01, edge02\n");
}

TEST_CASE("a role that is added takes no server out of service, a switch takes one at a time") {
    Fixture fixture(3);
    fixture.converge();
    SUBCASE("added") {
        fixture.spec().roles.emplace_back("r2");
        CHECK(fixture.plan().overview.worst_moment ==
              "3 of 3 servers serve a valid certificate while 1 is being switched");
    }
    SUBCASE("switched") {
        fixture.spec().requirement.names.dns.insert("new.contoso.net");
        CHECK(fixture.plan().overview.worst_moment ==
              "2 of 3 servers serve a valid certificate while 1 is being switched");
    }
    SUBCASE("nothing serves yet") {
        const Fixture fresh(3);
        CHECK(fresh.plan().overview.worst_moment ==
              "0 of 3 servers serve a valid certificate while 1 is being switched");
    }
}

TEST_CASE("what is taken out of the manifest still serves, and the head says what goes out of service") {
    Fixture fixture;
    static_cast<void>(fixture.converge());
    SUBCASE("the certificate") {
        fixture.pool.certificates.clear();
        const auto plan = fixture.plan();
        CHECK(serving(plan) == "internal (internal) on edge01, edge02, never renewed\n");
        CHECK(plan.overview.worst_moment == "internal goes out of service on edge01, edge02");
        CHECK(plan.overview.names_lost == std::vector<std::string>{"internal: edge01.contoso.net",
                                                                   "internal: edge02.contoso.net",
                                                                   "internal: pool.contoso.net"});
    }
    SUBCASE("another takes its role and names") {
        fixture.spec().name = "renamed";
        const auto plan = fixture.plan();
        CHECK(serving(plan) == "renamed (internal) on edge01, edge02\n");
        CHECK(plan.overview.names_lost.empty());
    }
    SUBCASE("another takes its role with fewer names") {
        fixture.spec().name = "smaller";
        fixture.spec().requirement.names.dns.erase("edge02.contoso.net");
        const auto plan = fixture.plan();
        CHECK(serving(plan) == "internal (internal) on edge01, edge02, never renewed\n");
        CHECK(plan.overview.names_lost == std::vector<std::string>{"smaller: edge02.contoso.net"});
    }
    SUBCASE("a role of it") {
        const auto certificate = fixture.view.servers.at("edge01").store.personal.front().certificate;
        fixture.assign("edge01", "r2", certificate);
        const auto plan = fixture.plan();
        CHECK(serving(plan) ==
              "internal (internal) on edge02\n"
              "internal (internal, r2) on edge01\n");
        CHECK(plan.overview.worst_moment == "r2 goes out of service on edge01");
        CHECK(plan.overview.names_lost.empty());
    }
}

TEST_CASE("a way back says which names go with it") {
    Fixture fixture;
    const auto old = issue({.names = {"pool.contoso.net", "edge01.contoso.net"}, .key_number = 5});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const char* server : {"edge01", "edge02"}) {
        fixture.put(server, old);
        auto& record = fixture.store(server).roles.front();
        record.previous = old->sha256;
        record.rejected.push_back(
            {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not load"});
    }
    const auto head = fixture.plan().overview;
    CHECK(head.names_lost == std::vector<std::string>{"internal: edge02.contoso.net"});
    CHECK(head.names_gained.empty());
}
