// What servers present of a certificate that serves, mended under its role: whoever uses the role is told
// again.
#include <doctest/doctest.h>

#include "resources/pool/assignment.h"
#include "resources/x509/lasting.h"
#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

// Pools whose servers tell what uses a role, and are seen to answer.
Fixture told_fixture() {
    Fixture fixture;
    for (auto& server : fixture.pool.servers) {
        Verification check;
        check.server = server.name;
        check.order.host = server.fqdn;
        check.order.port = 443;
        fixture.spec().verify.push_back(check);
    }
    return fixture;
}

x509::CertificateRef converge_told(Fixture& fixture) {
    const auto certificate = fixture.converge();
    for (const char* server : {"edge01", "edge02"}) {
        auto& store = fixture.store(server);
        store.activates = true;
        for (auto& record : store.roles) {
            record.verified = certificate->sha256;
            record.verified_checks = checks_digest(fixture.spec(), server);
        }
        store.personal.front().chain = {ca("contoso").issuing, ca("contoso").root};
    }
    REQUIRE(fixture.lines() == "");
    return certificate;
}

// The issuing CA as it was before it was renewed, with the same key.
x509::CertificateRef issuing_before(Instant not_after) {
    const auto& now = ca("contoso");
    x509::Issuance order;
    order.subject = now.issuing->subject;
    order.spki_der = now.issuing_key.spki_der;
    order.not_before = present() - days(1000);
    order.not_after = not_after;
    order.serial = "0441";
    order.authority = true;
    return x509::sign_certificate(order, now.root_key, now.root);
}

void without_checks(Fixture& fixture) {
    fixture.spec().verify.clear();
}

}  // namespace

TEST_CASE("files mended under a role are told to what uses it, and seen") {
    auto fixture = told_fixture();
    const auto certificate = converge_told(fixture);
    const auto finding =
        Finding{"personal/" + certificate->sha256 + "/fullchain.pem", "broken-fullchain", "x"};
    fixture.store("edge02").findings.push_back(finding);
    CHECK(fixture.lines() ==
          "assign-role edge02 internal [chain-damaged/drift]\n"
          "activate-role edge02 internal [not-activated/new]\n"
          "verify-role edge02 internal [not-verified/new]\n");
    without_checks(fixture);
    const auto plan = fixture.plan();
    REQUIRE(plan.steps.size() == 2);
    CHECK(plan.steps[1].after == std::vector<StepId>{plan.steps[0].id});
}

TEST_CASE("files mended for one of a certificate's roles are told to what uses the others") {
    auto fixture = told_fixture();
    without_checks(fixture);
    fixture.spec().roles = {"internal", "r2"};
    const auto certificate = converge_told(fixture);
    fixture.store("edge02").findings.push_back(
        {"personal/" + certificate->sha256 + "/chain.pem", "rubbish", "x"});
    CHECK(fixture.lines() ==
          "assign-role edge02 internal [chain-damaged/drift]\n"
          "activate-role edge02 internal [not-activated/new]\n"
          "activate-role edge02 r2 [not-activated/new]\n");
}

TEST_CASE("a key or a certificate that comes back under a role is told to what uses it") {
    auto fixture = told_fixture();
    without_checks(fixture);
    const auto certificate = converge_told(fixture);
    auto& store = fixture.store("edge02");
    std::string expected;
    SUBCASE("the key") {
        store.personal.front().key = KeyState::absent;
        expected = "transfer-certificate edge02 internal [key-absent/drift]\n";
    }
    SUBCASE("the certificate") {
        store.personal.clear();
        store.roles.front().dangling = true;
        expected = "transfer-certificate edge02 internal [not-on-server/drift]\n";
    }
    CHECK(fixture.lines() == expected + "activate-role edge02 internal [not-activated/new]\n");
    const auto plan = fixture.plan();
    REQUIRE(plan.steps.size() == 2);
    CHECK(plan.steps[1].after == std::vector<StepId>{plan.steps[0].id});
}

TEST_CASE(
    "the chain of a renewed CA takes the place of the one before, and then the old one is trusted no more") {
    auto fixture = told_fixture();
    without_checks(fixture);
    const auto certificate = converge_told(fixture);
    const auto before = issuing_before(present() + days(500));
    auto& store = fixture.store("edge02");
    store.personal.front().chain = {before, ca("contoso").root};
    store.trust.push_back(
        {before->sha256, before, TrustKind::intermediate, true, "contoso", fixture.pool.name});
    CHECK(fixture.lines() ==
          "assign-role edge02 internal [chain-outdated/manifest]\n"
          "activate-role edge02 internal [not-activated/new]\n"
          "distrust edge02 contoso [not-in-chain/manifest]\n");
    SUBCASE("not while it is presented") {
        fixture.inputs.until_installed = true;
        CHECK(fixture.lines() == "");
    }
    SUBCASE("once it is presented no more") {
        store.personal.front().chain = {ca("contoso").issuing, ca("contoso").root};
        CHECK(fixture.lines() == "distrust edge02 contoso [not-in-chain/manifest]\n");
    }
    SUBCASE("not while nobody can say what is declared") {
        fixture.authority().chain.clear();
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not with somebody else's certificate, whose files are theirs") {
        store.personal.front().owned = false;
        CHECK(fixture.lines() == "");
    }
    SUBCASE("not where a store makes its chains itself") {
        store.kind = "windows";
        store.trust.pop_back();
        CHECK(fixture.lines() == "");
    }
}

TEST_CASE("of several ways up the longest lasting one is presented whole, in whatever order they are known") {
    const auto& now = ca("contoso");
    const auto certificate = issue({});
    const auto before = issuing_before(present() + days(500));
    const std::vector<x509::CertificateRef> whole{now.issuing, now.root};
    for (const auto& trusted :
         {std::vector{now.root, before, now.issuing}, std::vector{now.issuing, before, now.root}}) {
        const auto way = x509::longest_way_up(*certificate, trusted);
        REQUIRE(way);
        CHECK(way->at == now.issuing->not_after);
        CHECK(way->above == whole);
        CHECK(x509::chain_to_present(*certificate, {before, now.root}, trusted) == whole);
        CHECK(x509::chain_to_present(*certificate, whole, trusted) == whole);
    }
}

TEST_CASE("a chain that lasts longer than the one that is declared stays") {
    Fixture fixture;
    fixture.converge();
    const auto longer = issuing_before(present() + days(7999));
    fixture.authority().chain = {{{}, ca("contoso").root, true},
                                 {{}, issuing_before(present() + days(400)), false}};
    for (const char* server : {"edge01", "edge02"}) {
        fixture.store(server).personal.front().chain = {longer, ca("contoso").root};
    }
    for (const auto& step : fixture.plan().steps) {
        CHECK(step.action != Action::assign_role);
    }
}

TEST_CASE("a rebuilt server gets the declared chain with the certificate, whatever the others present yet") {
    Fixture fixture;
    fixture.converge();
    const auto before = issuing_before(present() + days(500));
    fixture.store("edge01").personal.front().chain = {before, ca("contoso").root};
    fixture.store("edge02").personal.clear();
    fixture.store("edge02").roles.clear();
    CHECK(fixture.lines() ==
          "transfer-certificate edge02 internal [not-on-server/new]\n"
          "assign-role edge01 internal [chain-outdated/manifest]\n"
          "assign-role edge02 internal [role-unassigned/new]\n");
}
