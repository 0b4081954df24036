// What caused a step: the manifest, the store's drift, time, or that it is new.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

// The certificate that serves was installed with the chain of its CA, as stores keep it.
Fixture with_chains() {
    Fixture fixture;
    fixture.converge();
    for (auto& [name, server] : fixture.view.servers) {
        server.store.personal.front().chain = {ca("contoso").issuing, ca("contoso").root};
    }
    return fixture;
}

// The causes of all steps with this reason, without repetitions.
std::string causes(const Fixture& fixture, const std::string& code) {
    std::string text;
    for (const auto& step : fixture.plan().steps) {
        for (const auto& reason : step.reasons) {
            const std::string cause{to_text(reason.cause)};
            if (reason.code == code && text.find(cause) == std::string::npos) {
                text += (text.empty() ? "" : ", ") + cause;
            }
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a chain that was there and is gone is drift, one that was declared since is the manifest's") {
    auto fixture = with_chains();
    auto& trust = fixture.store("edge01").trust;
    SUBCASE("all trust wiped") {
        trust.clear();
        CHECK(causes(fixture, "chain-missing") == "drift");
    }
    SUBCASE("all trust wiped, and no chain kept") {
        fixture.store("edge01").personal.front().chain.clear();
        trust.erase(trust.begin() + 1);
        CHECK(causes(fixture, "chain-missing") == "drift");
    }
    SUBCASE("the root deleted") {
        trust.erase(trust.begin());
        CHECK(causes(fixture, "chain-missing") == "drift");
    }
    SUBCASE("the intermediate deleted") {
        trust.erase(trust.begin() + 1);
        CHECK(causes(fixture, "chain-missing") == "drift");
    }
    SUBCASE("a file of the root deleted, which its consumers still find") {
        const std::string root = trust.front().id.str();
        fixture.store("edge01").findings.push_back({"root/" + root + ".json", "trust-file-lost", "gone"});
        CHECK(fixture.lines() == "trust-root edge01 contoso [chain-missing/drift]\n");
        fixture.authorities.clear();
        fixture.pool.authorities.clear();
        CHECK_MESSAGE(fixture.actions().find("trust-root") == std::string::npos,
                      "of an authority that nobody declares, nothing is put back");
    }
    SUBCASE("a renewed chain declared") {
        fixture.authority().chain = {{{}, ca("renewed").root, true}, {{}, ca("renewed").issuing, false}};
        CHECK(causes(fixture, "chain-missing") == "manifest");
        CHECK(causes(fixture, "chain-unknown") == "manifest");
        CHECK(causes(fixture, "role-superseded") == "manifest");
    }
    SUBCASE("a further authority declared") {
        fixture.add_authority("further");
        CHECK(causes(fixture, "chain-missing") == "manifest");
    }
}

TEST_CASE("a certificate in the place of another has the cause of the request that was made for it") {
    Fixture fixture;
    SUBCASE("renewal due") {
        fixture.converge({.age = days(300)});
        CHECK(causes(fixture, "role-superseded") == "time");
    }
    SUBCASE("a name added, while the renewal is due as well") {
        fixture.converge({.age = days(300)});
        fixture.spec().requirement.names.dns.insert("new.contoso.net");
        CHECK(causes(fixture, "role-superseded") == "manifest");
    }
    SUBCASE("its keys deleted") {
        fixture.converge();
        fixture.store("edge01").personal.front().key = KeyState::absent;
        fixture.store("edge02").personal.front().key = KeyState::absent;
        CHECK(causes(fixture, "key-missing") == "drift");
        CHECK(causes(fixture, "role-superseded") == "drift");
    }
    SUBCASE("issuedAfter") {
        fixture.converge();
        fixture.spec().issued_after = present() - days(1);
        CHECK(causes(fixture, "role-superseded") == "manifest");
    }
    SUBCASE("the pool grew, and the key cannot leave its server") {
        Fixture one(1);
        one.converge({}, {.exportable = false});
        one.add_server("edge02");
        CHECK(causes(one, "key-not-exportable") == "manifest");
        CHECK(causes(one, "role-superseded") == "manifest");
    }
    SUBCASE("a server lost a key that cannot leave the other") {
        fixture.converge({}, {.exportable = false});
        fixture.store("edge02").personal.front().key = KeyState::absent;
        CHECK(causes(fixture, "key-not-exportable") == "drift");
        CHECK(causes(fixture, "role-superseded") == "drift");
    }
    SUBCASE("the newer one is installed already, and the plan only switches") {
        fixture.converge();
        fixture.spec().issued_after = present() - days(1);
        const auto newer = issue({.key_number = 8, .age = days(0)});
        for (const char* server : {"edge01", "edge02"}) {
            fixture.put(server, newer);
        }
        fixture.assign("edge01", "internal", newer);
        CHECK(fixture.lines() ==
              "assign-role edge02 internal [role-superseded/manifest, issued-before/manifest]\n");
        CHECK(fixture.plan().steps.front().reasons.front().text == "a newer certificate takes its place");
    }
    SUBCASE("a name taken out again, which the one before it never had") {
        auto before = fixture;
        const auto old = before.converge({.age = days(20)});
        fixture.converge({.names = {"pool.contoso.net", "edge01.contoso.net", "edge02.contoso.net", "x.net"},
                          .key_number = 8,
                          .age = days(5)},
                         {.requirement = "other"});
        for (const char* server : {"edge01", "edge02"}) {
            fixture.put(server, old, {.superseded = present() - days(5)});
        }
        CHECK(fixture.lines() ==
              "assign-role edge01 internal [role-superseded/manifest, name-not-declared/manifest]\n"
              "assign-role edge02 internal [role-superseded/manifest, name-not-declared/manifest]\n");
        const auto plan = fixture.plan();
        const auto& reasons = plan.steps.front().reasons;
        CHECK(reasons.front().text == "an earlier certificate of the pool takes its place");
        CHECK(reasons.back().text == "it has the name x.net, which is not declared");
    }
}
