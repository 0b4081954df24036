// Roles: what they may point at, what they remember, and which certificates they leave superseded.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "resources/x509/issue.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

RoleAssignment assignment(const CertificateId& certificate,
                          int minutes,
                          const std::string& role = "internal") {
    RoleAssignment made;
    made.role = role;
    made.certificate = certificate;
    made.pool = pool;
    made.now = start() + std::chrono::minutes{minutes};
    return made;
}

RoleRecord role(const StoreUnderTest& store, const std::string& name = "internal") {
    const StoreObservation seen = look(store);
    const RoleRecord* found = find_role(seen, name);
    REQUIRE(found != nullptr);
    return *found;
}

std::optional<Instant> superseded(const StoreUnderTest& store, const CertificateId& id) {
    const StoreObservation seen = look(store);
    REQUIRE(find_personal(seen, id) != nullptr);
    return find_personal(seen, id)->superseded;
}

void assigned(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    RoleRecord expected;
    expected.role = "internal";
    expected.assigned = id;
    expected.owned = true;
    expected.pool = pool;
    const StoreObservation seen = look(store);
    REQUIRE(seen.roles.size() == 1);
    CHECK(seen.roles[0] == expected);
    CHECK_FALSE(superseded(store, id).has_value());
}

void assigned_again(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    store.open()->assign(assignment(second, 2));
    const StoreObservation before = look(store);
    store.open()->assign(assignment(second, 3));
    CHECK_MESSAGE(look(store) == before,
                  "previous must not become the assigned one, nor move a superseded mark");
}

void not_there(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    const StoreObservation before = look(store);
    CHECK_FALSE(refusal([&] { store.open()->assign(assignment(hex_id('0'), 2)); }).empty());
    CHECK(look(store) == before);
}

void without_its_key(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    if (store.somebody_else.loses_key) {
        store.somebody_else.loses_key(second);
        const StoreObservation before = look(store);
        CHECK_FALSE(refusal([&] { store.open()->assign(assignment(second, 2)); }).empty());
        CHECK(look(store) == before);
    }
    if (store.somebody_else.installs) {
        const Held held = held_elsewhere(store, "0c01");
        store.somebody_else.installs(held.certificate, nullptr);
        const StoreObservation before = look(store);
        CHECK_FALSE(refusal([&] { store.open()->assign(assignment(held.certificate->sha256, 2)); }).empty());
        CHECK(look(store) == before);
    }
}

void with_an_exposed_key(const StoreUnderTest& store) {
    if (!store.somebody_else.exposes_key) {
        return;
    }
    const CertificateId id = install(store, 'a');
    store.somebody_else.exposes_key(id);
    const StoreObservation before = look(store);
    REQUIRE(find_personal(before, id) != nullptr);
    CHECK(find_personal(before, id)->key == KeyState::exposed);
    CHECK_FALSE(refusal([&] { store.open()->assign(assignment(id, 1)); }).empty());
    const Secret password{std::string("one time")};
    CHECK_FALSE(refusal([&] {
                    static_cast<void>(store.open()->export_pfx(id, password, x509::PfxProfile::modern));
                }).empty());
    CHECK(look(store) == before);
}

void another_assigned(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    store.open()->assign(assignment(second, 2));
    CHECK(role(store).assigned == second);
    CHECK(role(store).previous == first);
    CHECK(superseded(store, first) == start() + std::chrono::minutes{2});
    CHECK_FALSE(superseded(store, second).has_value());
    store.open()->assign(assignment(first, 3));
    CHECK(role(store).assigned == first);
    CHECK(role(store).previous == second);
    CHECK_FALSE(superseded(store, first).has_value());
    CHECK(superseded(store, second) == start() + std::chrono::minutes{3});
}

void left_by_every_role(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1, "access-edge-external"));
    store.open()->assign(assignment(first, 1, "data-edge-external"));
    store.open()->assign(assignment(second, 2, "access-edge-external"));
    CHECK_MESSAGE(!superseded(store, first).has_value(),
                  "a certificate that a role still has is not superseded");
    store.open()->assign(assignment(second, 3, "data-edge-external"));
    CHECK(superseded(store, first) == start() + std::chrono::minutes{3});
    const StoreObservation seen = look(store);
    REQUIRE(seen.roles.size() == 2);
    CHECK(seen.roles[0].role == "access-edge-external");
    CHECK(seen.roles[1].role == "data-edge-external");
}

void unassigned(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    store.open()->unassign("internal", start() + std::chrono::minutes{2});
    const StoreObservation seen = look(store);
    const RoleRecord* left = find_role(seen, "internal");
    CHECK((left == nullptr || left->assigned.empty()));
    REQUIRE(find_personal(seen, id) != nullptr);
    CHECK_MESSAGE(find_personal(seen, id)->key == KeyState::present, "unassigning removes no certificate");
    CHECK(find_personal(seen, id)->superseded == start() + std::chrono::minutes{2});
    CHECK(refusal([&] { store.open()->unassign("internal", start() + std::chrono::minutes{3}); }).empty());
    CHECK_MESSAGE(superseded(store, id) == start() + std::chrono::minutes{2}, "a second time moves no mark");
    CHECK(refusal([&] { store.open()->unassign("data-edge-external", start()); }).empty());
    store.open()->assign(assignment(id, 4));
    CHECK(role(store).assigned == id);
    CHECK_FALSE(superseded(store, id).has_value());
}

void pointed_by_hand(const StoreUnderTest& store) {
    if (!store.somebody_else.points) {
        return;
    }
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    store.somebody_else.points("internal", second);
    CHECK_MESSAGE(role(store).assigned == second, "what the role really points at");
    CHECK_FALSE(role(store).owned);
    CHECK_FALSE(role(store).dangling);
    store.open()->assign(assignment(first, 2));
    CHECK(role(store).assigned == first);
    CHECK(role(store).owned);
    store.somebody_else.points("internal", hex_id('0'));
    CHECK(role(store).dangling);
    store.open()->assign(assignment(first, 3));
    CHECK(role(store).assigned == first);
    CHECK_FALSE(role(store).dangling);
}

// The issuing CA with the same key as it was before it was renewed.
x509::CertificateRef issuing_before() {
    x509::Issuance order;
    order.subject = authority().issuing->subject;
    order.spki_der = authority().issuing_key.spki_der;
    order.not_before = start() - std::chrono::days{1};
    order.not_after = start() + std::chrono::days{40};
    order.serial = "0103";
    order.authority = true;
    order.path_length = 0;
    return cache().parse(x509::sign_certificate(order, authority().root_key, authority().root)->der);
}

void chain_renewed(const StoreUnderTest& store) {
    if (look(store).kind == "windows") {
        return;  // it makes its chains itself
    }
    const auto before = issuing_before();
    const std::vector<x509::CertificateRef> old_chain{before, authority().root};
    const RequestEntry request = store.open()->create_request(order(store, 'a'));
    const auto certificate = answer_to(request);
    store.open()->accept(key_of(request), certificate, old_chain, label_for(request));
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    store.open()->trust(TrustKind::intermediate, before, "contract", pool);
    store.open()->assign(assignment(certificate->sha256, 1));
    const auto presented = [&] {
        const StoreObservation seen = look(store);
        return find_personal(seen, certificate->sha256)->chain;
    };
    CHECK_MESSAGE(presented() == old_chain, "nothing lasts longer");
    store.open()->trust(TrustKind::intermediate, authority().issuing, "contract", pool);
    CHECK_MESSAGE(presented() == old_chain, "trust alone changes nothing that is presented");
    store.open()->assign(assignment(certificate->sha256, 2));
    CHECK(presented() == chain());
    store.open()->distrust(TrustKind::intermediate, before->sha256);
    store.open()->assign(assignment(certificate->sha256, 3));
    CHECK(presented() == chain());
}

void nothing_to_activate(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    const StoreObservation before = look(store);
    CHECK_FALSE(before.activates);
    CHECK(store.open()->activate("internal").ok);
    CHECK(look(store) == before);
}

void handshake_with_nobody(const StoreUnderTest& store) {
    install(store, 'a');
    HandshakeOrder wanted;
    wanted.host = "127.0.0.1";
    wanted.port = 1;
    wanted.server_name = "edge-int.ams.example.net";
    const HandshakeResult result = store.open()->handshake(wanted);
    CHECK_FALSE(result.connected);
    CHECK_FALSE(result.text.empty());
}

}  // namespace

void add_role_cases(std::vector<StoreCase>& cases) {
    cases.push_back({"a role is assigned", assigned});
    cases.push_back({"assigning again changes nothing", assigned_again});
    cases.push_back({"a role never points at what is not there", not_there});
    cases.push_back({"a role never points at a certificate without its key", without_its_key});
    cases.push_back({"a key that others may read is neither assigned nor exported", with_an_exposed_key});
    cases.push_back(
        {"a role remembers what it pointed at, and marks it superseded, both ways", another_assigned});
    cases.push_back({"a certificate is superseded once every role has left it", left_by_every_role});
    cases.push_back({"a role is unassigned, twice as well", unassigned});
    cases.push_back({"a role pointed by hand is seen as it is, and taken back", pointed_by_hand});
    cases.push_back({"assigning once more presents a chain that lasts longer", chain_renewed});
    cases.push_back({"activating where nothing is configured is done", nothing_to_activate});
    cases.push_back({"a handshake with nobody is an answer", handshake_with_nobody});
}

}  // namespace edgecert::store_contract
