// The list of cases, and what they share.
#include "tests/contract/stores/store_contract.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/pfx.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {

std::vector<StoreCase> store_cases() {
    std::vector<StoreCase> cases;
    store_contract::add_trust_cases(cases);
    store_contract::add_request_cases(cases);
    store_contract::add_note_cases(cases);
    store_contract::add_accept_cases(cases);
    store_contract::add_transfer_cases(cases);
    store_contract::add_role_cases(cases);
    store_contract::add_role_note_cases(cases);
    store_contract::add_retire_cases(cases);
    store_contract::add_lock_cases(cases);
    return cases;
}

void check_store_contract(const StoreUnderTest& store) {
    for (const StoreCase& one : store_cases()) {
        const std::string title = store.name + ": " + one.name;
        SUBCASE(title.c_str()) {
            store.reset();
            one.run(store);
        }
    }
}

}  // namespace edgecert

namespace edgecert::store_contract {

namespace {

template <class Entry>
const Entry* first_where(const std::vector<Entry>& entries,
                         const std::function<bool(const Entry&)>& matches) {
    const auto found = std::find_if(entries.begin(), entries.end(), matches);
    return found == entries.end() ? nullptr : &*found;
}

LeafOrder leaf_for(const std::string& spki_der, const std::string& serial) {
    LeafOrder leaf;
    leaf.subject.common_name = "edge-int.ams.example.net";
    leaf.names.dns = {"edge-int.ams.example.net", "edge01.ams.example.net"};
    leaf.spki_der = spki_der;
    leaf.not_before = start();
    leaf.not_after = start() + std::chrono::days{365};
    leaf.serial = serial;
    return leaf;
}

// Certificates are equal values when they come from one cache, so all that is compared with what a store
// shows comes from cache().
TestAuthority kept_authority(const std::string& name) {
    TestAuthority made =
        make_test_authority(name, start() - std::chrono::days{1}, start() + std::chrono::days{3650});
    made.root = cache().parse(made.root->der);
    made.issuing = cache().parse(made.issuing->der);
    return made;
}

}  // namespace

Instant start() {
    return Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}} + std::chrono::hours{10};
}

const TestAuthority& authority() {
    static const TestAuthority made = kept_authority("Contract");
    return made;
}

const TestAuthority& other_authority() {
    static const TestAuthority made = kept_authority("Other");
    return made;
}

x509::CertificateCache& cache() {
    static x509::CertificateCache kept;
    return kept;
}

std::string hex_id(char digit) {
    return std::string(64, digit);
}

StoreObservation look(const StoreUnderTest& store) {
    StoreObservation seen = store.open()->observe(cache());
    seen.clock.reset();
    return seen;
}

std::string refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic().code.empty() ? "an Error without a code" : error.diagnostic().code;
    }
    return "";
}

RequestOrder order(char issuance, const std::string& name) {
    RequestOrder made;
    made.pool = pool;
    made.name = name;
    made.issuance = hex_id(issuance);
    made.requirement = hex_id('e');
    made.holder = holder;
    made.authority = "contract";
    made.contents.subject.common_name = "edge-int.ams.example.net";
    made.contents.subject.organization = "Contoso";
    made.contents.names.dns = {"edge-int.ams.example.net", "edge01.ams.example.net"};
    made.contents.extended_key_usage = {"serverAuth"};
    made.contents.key = {x509::KeyAlgorithm::ecdsa, 256};
    made.contents.digest = "sha256";
    made.exportable = true;
    made.friendly_name = "Edge Internal";
    made.now = start();
    return made;
}

RequestOrder order(const StoreUnderTest& store, char issuance, const std::string& name) {
    RequestOrder made = order(issuance, name);
    made.contents.key = store.key;
    return made;
}

RequestKey key_of(const RequestEntry& entry) {
    return {entry.pool, entry.name, entry.spki};
}

x509::CertificateRef answer_to(const RequestEntry& entry, const std::string& serial) {
    return cache().parse(
        issue_leaf(authority(), leaf_for(public_key_of_request(entry.request_pem), serial))->der);
}

PersonalLabel label_for(const RequestEntry& entry) {
    PersonalLabel label;
    label.pool = entry.pool;
    label.name = entry.name;
    label.requirement = entry.requirement;
    label.issuance = entry.issuance;
    label.friendly_name = entry.friendly_name;
    label.exportable = entry.exportable;
    label.submitted = start() + std::chrono::minutes{1};
    return label;
}

std::vector<x509::CertificateRef> chain() {
    return {authority().issuing, authority().root};
}

Held held_elsewhere(const StoreUnderTest& store, const std::string& serial) {
    Held held;
    held.key = x509::generate_key(store.key);
    held.certificate = cache().parse(issue_leaf(authority(), leaf_for(held.key.spki_der, serial))->der);
    return held;
}

Secret pfx_of(const Held& held, const Secret& password, x509::PfxProfile profile) {
    return x509::make_pfx({held.key, held.certificate, chain(), "Edge Internal"}, password, profile);
}

CertificateId install(const StoreUnderTest& store, char issuance, bool exportable) {
    const auto opened = store.open();
    RequestOrder wanted = order(store, issuance);
    wanted.exportable = exportable;
    const RequestEntry request = opened->create_request(wanted);
    const x509::CertificateRef certificate = answer_to(request);
    opened->accept(key_of(request), certificate, chain(), label_for(request));
    return certificate->sha256;
}

const PersonalEntry* find_personal(const StoreObservation& seen, const CertificateId& id) {
    return first_where<PersonalEntry>(seen.personal,
                                      [&](const PersonalEntry& entry) { return entry.id == id; });
}

const RequestEntry* find_request(const StoreObservation& seen, const std::string& spki) {
    return first_where<RequestEntry>(seen.requests,
                                     [&](const RequestEntry& entry) { return entry.spki == spki; });
}

const RoleRecord* find_role(const StoreObservation& seen, const std::string& role) {
    return first_where<RoleRecord>(seen.roles, [&](const RoleRecord& record) { return record.role == role; });
}

const TrustEntry* find_trust(const StoreObservation& seen, TrustKind kind, const CertificateId& id) {
    return first_where<TrustEntry>(
        seen.trust, [&](const TrustEntry& entry) { return entry.kind == kind && entry.id == id; });
}

}  // namespace edgecert::store_contract
