// Plans narrowed to a server or a certificate: what stays in them, and what has to stay out.
#include <doctest/doctest.h>

#include <algorithm>

#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

TEST_CASE("narrowing to a certificate whose old copy is retired leaves the others alone") {
    Fixture fixture;
    const auto old = issue({.key_number = 5, .age = days(200)});
    fixture.converge();
    Put how;
    how.superseded = present() - days(60);
    fixture.put("edge01", old, how);
    auto other = fixture.spec();
    other.name = "external";
    other.roles = {"access-edge-external"};
    other.requirement.names.dns.insert("sip.contoso.net");
    fixture.pool.certificates.push_back(other);
    REQUIRE(fixture.actions().find("retire-certificate edge01") != std::string::npos);
    REQUIRE(fixture.actions().find("create-request") != std::string::npos);
    fixture.inputs.targets = {"ams-edge/internal"};
    CHECK(fixture.actions().find("create-request") == std::string::npos);
    CHECK(fixture.actions().find("assign-role") == std::string::npos);
}

TEST_CASE("narrowing to a server prepares it and never switches") {
    Fixture fixture;
    fixture.converge();
    fixture.add_server("edge03");
    fixture.inputs.targets = {"ams-edge/edge03"};
    CHECK(fixture.actions() == "trust-root edge03; trust-intermediate edge03; transfer-certificate edge03");
    fixture.inputs.targets = {"ams-edge/internal"};
    CHECK(fixture.actions() ==
          "trust-root edge03; trust-intermediate edge03; transfer-certificate edge03; assign-role edge03");
    fixture.inputs.targets = {"rotterdam"};
    CHECK(fixture.actions() == "");
    fixture.inputs.targets = {"amsterdam"};
    CHECK(fixture.actions() ==
          "trust-root edge03; trust-intermediate edge03; transfer-certificate edge03; assign-role edge03");
}

TEST_CASE("narrowing to a server keeps what waits for the CA there, with the wait") {
    Fixture fixture;
    fixture.converge({.age = days(300)});
    auto& request = fixture.request("edge01", RequestPhase::accepted);
    fixture.view.answers[request.issuance] = Pending{"the officer", "approve"};
    fixture.inputs.targets = {"ams-edge/edge01"};
    CHECK(fixture.actions() == "wait; collect-certificate edge01; install-certificate edge01");
    fixture.inputs.targets = {"ams-edge/edge02"};
    CHECK(fixture.lines() == "create-request edge02 internal [entry-missing/drift]\n");
}

TEST_CASE("narrowing to a certificate on a server prepares that server for that certificate alone") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    auto external = fixture.spec();
    external.name = "external";
    external.roles = {"external"};
    external.friendly_name = "External";
    fixture.pool.certificates.push_back(external);
    fixture.store("edge01").personal.front().friendly_name = "old";
    fixture.store("edge02").personal.front().friendly_name = "old";
    fixture.inputs.targets = {"ams-edge/edge02/internal"};
    CHECK(fixture.lines() == "set-friendly-name edge02 internal [friendly-name-differs/manifest]\n");
    fixture.inputs.targets = {"ams-edge/edge02/external"};
    CHECK(fixture.lines() == "");
}

TEST_CASE("narrowing to a server removes nothing while switches of the pool are to come or put off") {
    Fixture fixture(3);
    fixture.add_authority("fabrikam");
    for (const auto& server : fixture.pool.servers) {
        fixture.trust(server.name, "fabrikam");
    }
    std::erase(fixture.pool.authorities, "fabrikam");
    const std::string removed = "distrust edge01; distrust edge01";
    fixture.inputs.targets = {"ams-edge/edge01"};
    SUBCASE("nothing is to be switched") {
        fixture.converge();
        CHECK(fixture.actions() == removed);
        fixture.view.servers["edge02"].reachable = false;  // what it serves nobody knows
        CHECK(fixture.actions() == "");
    }
    SUBCASE("a certificate is on its way") {
        CHECK(fixture.actions() ==
              "trust-root edge01; trust-intermediate edge01; create-request edge01; submit-request edge01; "
              "collect-certificate edge01; install-certificate edge01");
        SUBCASE("nor when another server goes away meanwhile, and no switch is planned any more") {
            fixture.request("edge01", RequestPhase::collected).answer =
                issue({.key_number = 7, .age = days(0)});
            REQUIRE(fixture.actions().find("install-certificate edge01") != std::string::npos);
            fixture.view.servers["edge02"].reachable = false;
            CHECK(fixture.actions().find("distrust") == std::string::npos);
        }
    }
}
