// From request to certificate: the key finds its certificate, and is never lost on the way.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

void accepted(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const RequestEntry other = store.open()->create_request(order(store, 'b'));
    const x509::CertificateRef certificate = answer_to(made);
    store.open()->accept(key_of(made), certificate, chain(), label_for(made));
    const StoreObservation seen = look(store);
    PersonalEntry expected;
    expected.id = certificate->sha256;
    expected.certificate = certificate;
    expected.chain = chain();
    expected.key = KeyState::present;
    expected.exportable = true;
    expected.friendly_name = "Edge Internal";
    expected.owned = true;
    expected.pool = pool;
    expected.name = "internal";
    expected.requirement = made.requirement;
    expected.issuance = made.issuance;
    expected.submitted = label_for(made).submitted;
    REQUIRE(seen.personal.size() == 1);
    CHECK(seen.personal[0] == expected);
    REQUIRE_MESSAGE(seen.requests.size() == 1, "the request that was answered goes, the other one stays");
    CHECK(seen.requests[0] == other);
}

void accepted_key_is_the_requests(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const x509::CertificateRef certificate = answer_to(made);
    store.open()->accept(key_of(made), certificate, chain(), label_for(made));
    const Secret password{std::string("one time")};
    const Secret pfx = store.open()->export_pfx(certificate->sha256, password, x509::PfxProfile::modern);
    CHECK(x509::parse_pfx(pfx.view(), password, cache()).key.spki_sha256 == made.spki);
}

void accepted_twice(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const x509::CertificateRef certificate = answer_to(made);
    store.open()->accept(key_of(made), certificate, chain(), label_for(made));
    const StoreObservation before = look(store);
    CHECK(
        refusal([&] { store.open()->accept(key_of(made), certificate, chain(), label_for(made)); }).empty());
    CHECK(look(store) == before);
}

void another_key(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const RequestEntry other = store.open()->create_request(order(store, 'b'));
    const StoreObservation before = look(store);
    CHECK(refusal([&] { store.open()->accept(key_of(made), answer_to(other), chain(), label_for(made)); }) ==
          "store-refused");
    CHECK_MESSAGE(look(store) == before, "a wrong answer takes nothing with it");
}

void accept_without_key(const StoreUnderTest& store) {
    RequestEntry entry = store.open()->create_request(order(store, 'a'));
    const x509::CertificateRef certificate = answer_to(entry);
    store.reset();  // the store of another server
    entry.key = KeyState::absent;
    store.open()->keep_request(entry);
    const StoreObservation before = look(store);
    CHECK_FALSE(refusal([&] {
                    store.open()->accept(key_of(entry), certificate, chain(), label_for(entry));
                }).empty());
    CHECK(look(store) == before);
}

void accept_of_nothing(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const x509::CertificateRef certificate = answer_to(made);
    store.reset();
    CHECK(refusal([&] { store.open()->accept(key_of(made), certificate, chain(), label_for(made)); }) ==
          "no-such-entry");
    CHECK(look(store).personal.empty());
}

void accept_beside_the_certificate_alone(const StoreUnderTest& store) {
    if (!store.somebody_else.installs) {
        return;
    }
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    const x509::CertificateRef certificate = answer_to(made);
    store.somebody_else.installs(certificate, nullptr);
    REQUIRE(find_personal(look(store), certificate->sha256) != nullptr);
    CHECK(find_personal(look(store), certificate->sha256)->key == KeyState::absent);
    store.open()->accept(key_of(made), certificate, chain(), label_for(made));
    const StoreObservation seen = look(store);
    REQUIRE(find_personal(seen, certificate->sha256) != nullptr);
    CHECK_MESSAGE(find_personal(seen, certificate->sha256)->key == KeyState::present,
                  "a certificate without its key counts as absent");
    CHECK(seen.requests.empty());
}

void friendly_name(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    StoreObservation expected = look(store);
    store.open()->set_friendly_name(id, "Edge Internal, new");
    REQUIRE(expected.personal.size() == 1);
    expected.personal[0].friendly_name = "Edge Internal, new";
    CHECK(look(store) == expected);
    store.open()->set_friendly_name(id, "Edge Internal, new");
    CHECK(look(store) == expected);
    CHECK(refusal([&] { store.open()->set_friendly_name(hex_id('0'), "nothing"); }) == "no-such-entry");
}

}  // namespace

void add_accept_cases(std::vector<StoreCase>& cases) {
    cases.push_back(
        {"an accepted certificate stands with key, chain and label, and its request is gone", accepted});
    cases.push_back({"an accepted certificate has the key of its request", accepted_key_is_the_requests});
    cases.push_back({"accepting again is done", accepted_twice});
    cases.push_back(
        {"a certificate for another key is refused, and the request stays with its key", another_key});
    cases.push_back({"a certificate is not accepted where the key is not", accept_without_key});
    cases.push_back({"a certificate is not accepted without a request", accept_of_nothing});
    cases.push_back(
        {"a certificate that was there without its key gets it", accept_beside_the_certificate_alone});
    cases.push_back({"a friendly name is set in place", friendly_name});
}

}  // namespace edgecert::store_contract
