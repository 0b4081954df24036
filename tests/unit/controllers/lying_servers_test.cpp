// Servers that were taken over, and what they show of the requests that they keep.
#include <doctest/doctest.h>

#include "tests/unit/controllers/place.h"

namespace edgecert {

namespace {

RequestEntry& request_on(Place& place, const std::string& server) {
    return place.world.servers.at("/sim/ams/" + server)->state.requests.front();
}

// Holds the lock of one server from when a request was noted on another.
class Intruder final : public SilentJudge {
public:
    explicit Intruder(MemoryServer& server) : server_(server) {}
    void changed(const MemoryServer& /*server*/,
                 const StoreState& /*before*/,
                 StoreOperation operation,
                 const SimController& /*by*/) override {
        if (operation == StoreOperation::note_request) {
            server_.locked_by = this;
        }
    }

private:
    MemoryServer& server_;
};

x509::RequestContents ordered() {
    x509::RequestContents contents;
    contents.subject.common_name = "edge.ams.example.net";
    contents.names.dns = {"edge.ams.example.net"};
    contents.extended_key_usage = {"serverAuth"};
    contents.key = {x509::KeyAlgorithm::ecdsa, 256};
    contents.digest = "sha256";
    return contents;
}

}  // namespace

TEST_CASE("servers that show one store are refused, each by the names of the others") {
    Place place;
    auto third = place.pool.servers.front();
    third.name = "edge03";
    third.store.directory = "/sim/ams/edge03";
    place.pool.servers.push_back(third);
    place.world.servers[third.store.directory] = std::make_shared<MemoryServer>();
    for (const auto& [name, server] : place.world.servers) {
        server->state.exists = true;
        server->state.store_id = std::string(32, 'a');
    }
    SimController world(place.world, "controller", Seconds{});
    AuthorityUnit authority(
        place.spec, world.open_authority(place.spec), world.clock(), world.certificates());
    PoolUnit unit(place.pool, {&authority}, world);
    unit.observe();
    const auto& seen = unit.view().servers;
    const auto said = [&seen](const std::string& server) {
        CHECK_FALSE(seen.at(server).reachable);
        return seen.at(server).error.substr(0, seen.at(server).error.find(" (id"));
    };
    CHECK(said("edge01") == "it shows the same store as edge02, edge03");
    CHECK(said("edge02") == "it shows the same store as edge01, edge03");
    CHECK(said("edge03") == "it shows the same store as edge01, edge02");
}

TEST_CASE("a request that was exchanged after it was made is not sent") {
    Place place;
    Controller controller(place, Seconds{});
    controller.go_to(Action::create_request, true);
    REQUIRE(controller.next() == Action::submit_request);
    auto& shown = request_on(place, "edge01");
    auto contents = ordered();
    auto key = place.mint.key_with(shown.spki);
    SUBCASE("for another name") {
        contents.names.dns.insert("victim.example.net");
    }
    SUBCASE("for another subject") {
        contents.subject.common_name = "victim.example.net";
    }
    SUBCASE("for another usage") {
        contents.extended_key_usage.insert("clientAuth");
    }
    SUBCASE("for another key") {
        key = place.mint.key(contents.key, 900);
    }
    SUBCASE("for another kind of key") {
        key = place.mint.key({x509::KeyAlgorithm::ecdsa, 384}, 900);
        shown.spki = key->spki_sha256;
    }
    shown.request_pem = place.mint.request(contents, *key);
    controller.look();
    controller.go_to(Action::submit_request, true);
    CHECK(controller.last_failure() == "request-not-ordered");
    CHECK(place.ca->log.empty());
    CHECK(request_on(place, "edge01").phase == RequestPhase::created);
}

TEST_CASE("where a server cannot note that a request goes out, nothing is sent and the holder knows it") {
    Place place;
    Controller controller(place, Seconds{});
    controller.go_to(Action::submit_request, false);
    Intruder intruder(*place.world.servers.at("/sim/ams/edge02"));
    place.world.judge = &intruder;
    controller.go_to(Action::submit_request, true);
    CHECK(controller.last_failure() == "store-locked");
    CHECK(place.ca->log.empty());
    CHECK(request_on(place, "edge01").phase == RequestPhase::created);
}

TEST_CASE("a certificate that passes itself off under the issuance id of the approved one is not assigned") {
    Place place;
    place.ca->kind = SimCaKind::local;
    Controller controller(place, Seconds{});
    controller.go_to(Action::assign_role, false);
    controller.look();
    REQUIRE(controller.next() == Action::assign_role);
    const auto approved = place.world.servers.at("/sim/ams/edge01")->state.personal.front();
    LeafOrder order;
    order.subject.common_name = "edge.ams.example.net";
    order.names.dns = {"edge.ams.example.net"};
    order.spki_der = place.mint.key_with(approved.certificate->spki_sha256)->spki_der;
    order.not_before = place.world.now - std::chrono::days{1};
    order.not_after = place.world.now + std::chrono::days{1000};
    auto other = approved;
    for (int serial = 10; other.id >= approved.id; ++serial) {  // the first that is found
        order.serial = std::to_string(serial);
        other.certificate = place.mint.leaf("contoso", 0, place.ca->born, order);
        other.id = other.certificate->sha256;
    }
    for (const auto& [name, server] : place.world.servers) {
        server->state.personal_keys[other.id] = server->state.personal_keys.at(approved.id);
        put(server->state, other);
    }
    controller.go_to(Action::assign_role, true);
    CHECK(controller.last_failure().empty());
    for (const auto& [name, server] : place.world.servers) {
        for (const auto& record : server->state.roles) {
            CHECK(record.assigned == approved.id);
        }
    }
    CHECK(place.world.servers.at("/sim/ams/edge01")->state.roles.size() == 1);
}

}  // namespace edgecert
