// Servers that were taken over, and what they show of the requests that they keep.
#include <doctest/doctest.h>

#include "tests/unit/controllers/place.h"

namespace edgecert {

namespace {

RequestEntry& request_on(Place& place, const std::string& server) {
    return place.world.servers.at("/sim/ams/" + server)->state.requests.front();
}

// Holds the lock of one server from when a request was noted on another.
class Intruder final : public Nobody {
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

}  // namespace edgecert
