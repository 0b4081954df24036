// What roles remember beyond the assignment: activated, verified, rejected.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

Rejection rejection(const CertificateId& certificate) {
    Rejection made;
    made.certificate = certificate;
    made.issuance = hex_id('b');
    made.requirement = hex_id('e');
    made.at = start() + std::chrono::minutes{5};
    made.why = "nginx: configuration test failed";
    return made;
}

RoleAssignment assignment(const CertificateId& certificate, int minutes, bool clear = false) {
    RoleAssignment made;
    made.role = "internal";
    made.certificate = certificate;
    made.pool = pool;
    made.now = start() + std::chrono::minutes{minutes};
    made.clear_rejection = clear;
    return made;
}

RoleNote note() {
    RoleNote made;
    made.role = "internal";
    return made;
}

RoleNote rejecting(const CertificateId& certificate) {
    RoleNote made = note();
    made.rejected = rejection(certificate);
    return made;
}

RoleRecord role(const StoreUnderTest& store) {
    const StoreObservation seen = look(store);
    const RoleRecord* found = find_role(seen, "internal");
    REQUIRE(found != nullptr);
    return *found;
}

void activated_and_verified(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    RoleRecord expected = role(store);
    RoleNote activated = note();
    activated.activated = id;
    store.open()->note_role(activated);
    expected.activated = id;
    CHECK(role(store) == expected);
    RoleNote verified = note();
    verified.verified = id;
    verified.verified_checks = hex_id('5');
    store.open()->note_role(verified);
    expected.verified = id;
    expected.verified_checks = hex_id('5');
    CHECK_MESSAGE(role(store) == expected, "what a note does not give stays");
    store.open()->note_role(verified);
    CHECK(role(store) == expected);
    store.open()->assign(assignment(id, 2));
    CHECK_MESSAGE(role(store) == expected, "assigning the same again forgets nothing");
}

void another_assignment_is_unconfirmed(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    RoleNote both = note();
    both.activated = first;
    both.verified = first;
    store.open()->note_role(both);
    store.open()->assign(assignment(first, 2));
    CHECK_MESSAGE(role(store).activated == first, "assigning the same again is no change");
    store.open()->assign(assignment(second, 2));
    CHECK_MESSAGE(role(store).activated.empty(),
                  "also on the way back, what uses the role has to be told again");
    CHECK(role(store).verified.empty());
}

void rejection_is_kept(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->assign(assignment(first, 1));
    store.open()->assign(assignment(second, 2));
    store.open()->note_role(rejecting(second));
    REQUIRE(role(store).rejected.size() == 1);
    CHECK(role(store).rejected[0] == rejection(second));
    CHECK_MESSAGE(role(store).assigned == second, "a rejection switches nothing");
    store.open()->note_role(rejecting(second));
    CHECK(role(store).rejected.size() == 1);
    store.open()->assign(assignment(first, 6));
    CHECK(role(store).assigned == first);
    REQUIRE_MESSAGE(role(store).rejected.size() == 1, "the way back keeps the rejection");
    CHECK(role(store).rejected[0] == rejection(second));
    RoleNote activated = note();
    activated.activated = first;
    store.open()->note_role(activated);
    CHECK(role(store).rejected.size() == 1);
}

void rejection_outlives_unassigning(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    store.open()->assign(assignment(first, 1));
    store.open()->note_role(rejecting(first));
    store.open()->unassign("internal", start() + std::chrono::minutes{6});
    REQUIRE(role(store).rejected.size() == 1);
    CHECK(role(store).rejected[0] == rejection(first));
}

void rejection_without_assignment(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->note_role(rejecting(id));  // the other servers of a pool learn it as well
    CHECK(role(store).assigned.empty());
    CHECK_FALSE(role(store).dangling);
    REQUIRE(role(store).rejected.size() == 1);
    CHECK(role(store).rejected[0] == rejection(id));
    store.open()->assign(assignment(id, 1));
    CHECK_MESSAGE(role(store).rejected.size() == 1, "only a retry forgets");
}

void retry_clears_all(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    store.open()->note_role(rejecting(first));
    store.open()->note_role(rejecting(second));
    REQUIRE(role(store).rejected.size() == 2);
    store.open()->assign(assignment(second, 6, true));
    CHECK(role(store).assigned == second);
    CHECK_MESSAGE(role(store).rejected.empty(), "whoever retries answers all that stood against the role");
}

void retry_clears_of_the_assigned(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a');
    store.open()->assign(assignment(id, 1));
    store.open()->note_role(rejecting(id));
    store.open()->assign(assignment(id, 2, true));
    CHECK(role(store).assigned == id);
    CHECK_MESSAGE(role(store).rejected.empty(), "a retry of what is assigned already forgets the rejection");
}

}  // namespace

void add_role_note_cases(std::vector<StoreCase>& cases) {
    cases.push_back(
        {"what came into effect and what was verified is noted, each for itself", activated_and_verified});
    cases.push_back(
        {"another assignment is neither activated nor verified yet", another_assignment_is_unconfirmed});
    cases.push_back({"a rejection is kept through the way back, once", rejection_is_kept});
    cases.push_back({"a rejection outlives unassigning", rejection_outlives_unassigning});
    cases.push_back({"a rejection is noted where the role was never assigned", rejection_without_assignment});
    cases.push_back({"a retry forgets what was rejected in the role", retry_clears_all});
    cases.push_back(
        {"a retry of the assigned certificate forgets its rejection", retry_clears_of_the_assigned});
}

}  // namespace edgecert::store_contract
