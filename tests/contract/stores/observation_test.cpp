// Observations as JSON: they come back as they were, and certificates travel once.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <string>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;
using store_contract::authority;

StoreObservation full_observation() {
    const TemporaryFolder folder;
    StillClock clock;
    StoreUnderTest store;
    store.open = [&] {
        StoreSpec spec;
        spec.directory = (folder.path() / "store").string();
        return open_directory_store(spec, clock);
    };
    store.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    store.open()->trust(TrustKind::intermediate, authority().issuing, "contract", "ams-edge");
    const CertificateId first = store_contract::install(store, 'a');
    const CertificateId second = store_contract::install(store, 'b');
    const RequestEntry request = store.open()->create_request(store_contract::order('c'));
    RequestNote note;
    note.phase = RequestPhase::collected;
    note.at = store_contract::start();
    note.answer = store_contract::answer_to(request);
    note.answer_chain = store_contract::chain();
    store.open()->note_request(store_contract::key_of(request), note);
    for (const CertificateId& id : {first, second}) {
        RoleAssignment assignment;
        assignment.role = "internal";
        assignment.certificate = id;
        assignment.now = store_contract::start();
        store.open()->assign(assignment);
    }
    RoleNote rejection;
    rejection.role = "internal";
    rejection.rejected =
        Rejection{second, std::string(64, 'b'), std::string(64, 'e'), store_contract::start(), "no"};
    store.open()->note_role(rejection);
    write_text(folder.path() / "store" / "notes.txt", "mine");
    return store.open()->observe(store_contract::cache());
}

}  // namespace

TEST_CASE("an observation comes back from JSON as it was, through another cache") {
    const StoreObservation seen = full_observation();
    const std::string text = to_json(seen).dump();
    x509::CertificateCache fresh;
    const StoreObservation back = store_observation_from_json(Json::parse(text), fresh);
    CHECK(back == seen);
    CHECK(back.trust.size() == 2);
    CHECK(back.requests.at(0).answer != nullptr);
    CHECK(to_json(back).dump() == text);
    CHECK_MESSAGE(text.find("PRIVATE") == std::string::npos, "no key is part of it");
}

TEST_CASE("each certificate travels once, and those that are known not at all") {
    const StoreObservation seen = full_observation();
    const Json whole = to_json(seen);
    CHECK(whole["certificates"].size() == 5);  // root, issuing, two personal, one answer
    const Json rest = to_json(seen, {authority().root->sha256, authority().issuing->sha256});
    CHECK(rest["certificates"].size() == 3);
    CHECK(store_observation_from_json(rest, store_contract::cache()) == seen);
    x509::CertificateCache fresh;
    CHECK(store_contract::refusal([&] { static_cast<void>(store_observation_from_json(rest, fresh)); }) ==
          "bad-observation");
}

TEST_CASE("every order of entries is the same observation, and an entry twice is none") {
    const StoreObservation seen = full_observation();
    Json turned = to_json(seen);
    std::reverse(turned["trust"].begin(), turned["trust"].end());
    std::reverse(turned["personal"].begin(), turned["personal"].end());
    CHECK(store_observation_from_json(turned, store_contract::cache()) == seen);
    turned["personal"].push_back(turned["personal"][0]);
    CHECK(store_contract::refusal([&] {
              static_cast<void>(store_observation_from_json(turned, store_contract::cache()));
          }) == "bad-observation");
}

TEST_CASE("an observation with any field missing, of another type or unknown is refused") {
    const Json good = to_json(full_observation());
    const auto refused = [](const Json& json) {
        return store_contract::refusal(
            [&] { static_cast<void>(store_observation_from_json(json, store_contract::cache())); });
    };
    CHECK(refused(good).empty());
    const std::function<void(const Json::json_pointer&)> spoil = [&](const Json::json_pointer& at) {
        const Json& here = good.at(at);
        for (const auto& field : here.items()) {
            Json less = good;
            less.at(at).erase(field.key());
            CHECK_MESSAGE(refused(less) == "bad-observation", (at / field.key()).to_string());
            Json other = good;
            other.at(at)[field.key()] = Json::array({Json::array({1.5})});
            CHECK_MESSAGE(refused(other) == "bad-observation", (at / field.key()).to_string());
        }
        Json more = good;
        more.at(at)["surprise"] = 1;
        CHECK(refused(more) == "bad-observation");
    };
    for (const char* at :
         {"", "/trust/0", "/personal/0", "/requests/0", "/roles/0", "/roles/0/rejected/0", "/findings/0"}) {
        spoil(Json::json_pointer(at));
    }
}

}  // namespace edgecert
