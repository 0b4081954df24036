// Requests: made once, kept with their keys, kept without keys elsewhere, never overwritten.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "resources/x509/request.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

// A request whose key is on another server, as that server would describe it.
RequestEntry elsewhere(const StoreUnderTest& store, char issuance) {
    const RequestOrder wanted = order(store, issuance);
    const x509::PrivateKey key = x509::generate_key(wanted.contents.key);
    RequestEntry entry;
    entry.pool = wanted.pool;
    entry.name = wanted.name;
    entry.spki = key.spki_sha256;
    entry.issuance = wanted.issuance;
    entry.requirement = wanted.requirement;
    entry.holder = "edge02";
    entry.exportable = true;
    entry.friendly_name = wanted.friendly_name;
    entry.authority = wanted.authority;
    entry.request_pem = x509::make_request(wanted.contents, key);
    entry.created = start();
    entry.since = start();
    return entry;
}

void request_is_made(const StoreUnderTest& store) {
    const RequestOrder wanted = order(store, 'a');
    const RequestEntry made = store.open()->create_request(wanted);
    CHECK(made.pool == pool);
    CHECK(made.name == "internal");
    CHECK(made.issuance == wanted.issuance);
    CHECK(made.requirement == wanted.requirement);
    CHECK(made.holder == holder);
    CHECK(made.key == KeyState::present);
    CHECK(made.exportable);
    CHECK(made.friendly_name == "Edge Internal");
    CHECK(made.authority == "contract");
    CHECK(made.phase == RequestPhase::created);
    CHECK(made.created == start());
    CHECK(made.since == start());
    CHECK_FALSE(made.submitted.has_value());
    CHECK(made.ticket.empty());
    CHECK(made.answer == nullptr);
    const x509::RequestContents inside = x509::parse_request(made.request_pem);
    CHECK(inside.subject == wanted.contents.subject);
    CHECK(inside.names == wanted.contents.names);
    CHECK(inside.extended_key_usage == wanted.contents.extended_key_usage);
    CHECK(inside.key == wanted.contents.key);
    CHECK(inside.spki_sha256 == made.spki);
    CHECK(inside.digest == "sha256");
    const StoreObservation seen = look(store);
    REQUIRE(seen.requests.size() == 1);
    CHECK(seen.requests[0] == made);
    CHECK(seen.exists);
}

void rsa_request(const StoreUnderTest& store) {
    RequestOrder wanted = order(store, 'a');
    wanted.contents.key = {x509::KeyAlgorithm::rsa, 2048};
    wanted.contents.digest = "sha384";
    const RequestEntry made = store.open()->create_request(wanted);
    const x509::RequestContents inside = x509::parse_request(made.request_pem);
    CHECK(inside.key == wanted.contents.key);
    CHECK(inside.digest == "sha384");
    CHECK(inside.spki_sha256 == made.spki);
}

void request_again_is_the_same(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    RequestOrder later = order(store, 'a');
    later.now = start() + std::chrono::hours{1};
    const RequestEntry again = store.open()->create_request(later);
    CHECK(again == made);
    CHECK(look(store).requests.size() == 1);
}

void another_issuance_is_another_key(const StoreUnderTest& store) {
    const RequestEntry first = store.open()->create_request(order(store, 'a'));
    const RequestEntry second = store.open()->create_request(order(store, 'b'));
    const RequestEntry other = store.open()->create_request(order(store, 'c', "external"));
    CHECK(first.spki != second.spki);
    CHECK(first.spki != other.spki);
    const StoreObservation seen = look(store);
    CHECK(seen.requests.size() == 3);
    REQUIRE(find_request(seen, first.spki) != nullptr);
    CHECK_MESSAGE(*find_request(seen, first.spki) == first, "the first request is untouched by the second");
}

void kept_without_key(const StoreUnderTest& store) {
    RequestEntry entry = elsewhere(store, 'a');
    store.open()->keep_request(entry);
    const StoreObservation seen = look(store);
    REQUIRE(seen.requests.size() == 1);
    CHECK(seen.requests[0] == entry);
    store.open()->keep_request(entry);
    CHECK(look(store) == seen);
    entry.phase = RequestPhase::accepted;
    entry.since = start() + std::chrono::minutes{5};
    entry.submitted = start() + std::chrono::minutes{4};
    entry.ticket = "42";
    store.open()->keep_request(entry);
    REQUIRE(look(store).requests.size() == 1);
    CHECK_MESSAGE(look(store).requests[0] == entry, "the entry without a key follows what it is told");
}

void key_never_travels_with_an_entry(const StoreUnderTest& store) {
    RequestEntry entry = elsewhere(store, 'a');
    entry.key = KeyState::present;  // as observed on its holder
    store.open()->keep_request(entry);
    REQUIRE(look(store).requests.size() == 1);
    CHECK(look(store).requests[0].key == KeyState::absent);
}

void kept_with_answer(const StoreUnderTest& store) {
    RequestEntry entry = elsewhere(store, 'a');
    entry.phase = RequestPhase::collected;
    entry.ticket = "42";
    entry.answer = answer_to(entry);
    entry.answer_chain = chain();
    store.open()->keep_request(entry);
    REQUIRE(look(store).requests.size() == 1);
    CHECK(look(store).requests[0].answer != nullptr);
    CHECK(look(store).requests[0] == entry);
}

void keep_never_over_a_key(const StoreUnderTest& store) {
    RequestEntry made = store.open()->create_request(order(store, 'a'));
    const StoreObservation before = look(store);
    RequestEntry stranger = made;
    stranger.key = KeyState::absent;
    stranger.phase = RequestPhase::abandoned;
    stranger.ticket = "99";
    static_cast<void>(
        refusal([&] { store.open()->keep_request(stranger); }));  // left alone or refused, never obeyed
    CHECK(look(store) == before);
}

void forgotten_without_key(const StoreUnderTest& store) {
    const RequestEntry entry = elsewhere(store, 'a');
    store.open()->keep_request(entry);
    store.open()->keep_request(elsewhere(store, 'b'));
    store.open()->forget_request(key_of(entry));
    const StoreObservation seen = look(store);
    CHECK(seen.requests.size() == 1);
    CHECK(find_request(seen, entry.spki) == nullptr);
    CHECK(refusal([&] { store.open()->forget_request(key_of(entry)); }).empty());
    CHECK(look(store) == seen);
}

void never_forgotten_with_key(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    static_cast<void>(
        refusal([&] { store.open()->forget_request(key_of(made)); }));  // left alone or refused, never obeyed
    const StoreObservation seen = look(store);
    REQUIRE(seen.requests.size() == 1);
    CHECK(seen.requests[0] == made);
}

void made_beside_a_kept_one(const StoreUnderTest& store) {
    const RequestEntry kept = elsewhere(store, 'a');
    store.open()->keep_request(kept);
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    CHECK_MESSAGE(made.key == KeyState::present, "an entry without its key is no request to go on with");
    CHECK(made.spki != kept.spki);
    const StoreObservation seen = look(store);
    REQUIRE(find_request(seen, kept.spki) != nullptr);
    CHECK(*find_request(seen, kept.spki) == kept);
    REQUIRE(find_request(seen, made.spki) != nullptr);
    CHECK(*find_request(seen, made.spki) == made);
}

void reuses_a_key(const StoreUnderTest& store) {
    const CertificateId old = install(store, 'a');
    RequestOrder wanted = order(store, 'b');
    wanted.reuse_key = old;
    const RequestEntry made = store.open()->create_request(wanted);
    StoreObservation seen = look(store);
    REQUIRE(find_personal(seen, old) != nullptr);
    CHECK(made.spki == find_personal(seen, old)->certificate->spki_sha256);
    CHECK(x509::parse_request(made.request_pem).spki_sha256 == made.spki);
    CHECK(made.key == KeyState::present);
    CHECK(find_personal(seen, old)->key == KeyState::present);

    const x509::CertificateRef renewed = answer_to(made, "0a02");
    store.open()->accept(key_of(made), renewed, chain(), label_for(made));
    seen = look(store);
    REQUIRE(find_personal(seen, renewed->sha256) != nullptr);
    CHECK(find_personal(seen, renewed->sha256)->key == KeyState::present);
    REQUIRE(find_personal(seen, old) != nullptr);
    CHECK_MESSAGE(find_personal(seen, old)->key == KeyState::present,
                  "two certificates, one key, neither takes it from the other");
    store.open()->retire(old);
    seen = look(store);
    REQUIRE(find_personal(seen, renewed->sha256) != nullptr);
    CHECK(find_personal(seen, renewed->sha256)->key == KeyState::present);
}

void reuses_no_missing_key(const StoreUnderTest& store) {
    RequestOrder wanted = order(store, 'b');
    wanted.reuse_key = authority().root->sha256;
    CHECK_FALSE(refusal([&] { static_cast<void>(store.open()->create_request(wanted)); }).empty());
    CHECK(look(store).requests.empty());
}

}  // namespace

void add_request_cases(std::vector<StoreCase>& cases) {
    cases.push_back({"a request is made with its key and holds what was ordered", request_is_made});
    cases.push_back({"a request can have an RSA key and another digest", rsa_request});
    cases.push_back({"a request for the same issuance is the one that is there", request_again_is_the_same});
    cases.push_back({"a request for another issuance has another key and leaves the first alone",
                     another_issuance_is_another_key});
    cases.push_back(
        {"a request of another server is kept without its key, and follows its phases", kept_without_key});
    cases.push_back({"a kept request never claims a key", key_never_travels_with_an_entry});
    cases.push_back({"a kept request keeps its answer", kept_with_answer});
    cases.push_back({"keeping a request never touches one that has its key", keep_never_over_a_key});
    cases.push_back({"a request without its key can be forgotten, twice as well", forgotten_without_key});
    cases.push_back({"a request with its key is never forgotten", never_forgotten_with_key});
    cases.push_back(
        {"a request is made although one without key is kept for that issuance", made_beside_a_kept_one});
    cases.push_back({"a key can be used again, and then serves two certificates", reuses_a_key});
    cases.push_back({"a key that is not there cannot be used again", reuses_no_missing_key});
}

}  // namespace edgecert::store_contract
