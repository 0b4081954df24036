// Retirement: only what is ours and serves nowhere goes.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

void assign(const StoreUnderTest& store,
            const std::string& role,
            const CertificateId& certificate,
            int minutes) {
    RoleAssignment made;
    made.role = role;
    made.certificate = certificate;
    made.pool = pool;
    made.now = start() + std::chrono::minutes{minutes};
    store.open()->assign(made);
}

void retired(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    assign(store, "internal", first, 1);
    assign(store, "internal", second, 2);
    store.open()->retire(first);
    const StoreObservation seen = look(store);
    CHECK(find_personal(seen, first) == nullptr);
    REQUIRE(find_personal(seen, second) != nullptr);
    CHECK(find_personal(seen, second)->key == KeyState::present);
    REQUIRE(find_role(seen, "internal") != nullptr);
    CHECK(find_role(seen, "internal")->assigned == second);
    CHECK_MESSAGE(find_role(seen, "internal")->previous.empty(), "there is no way back to what is gone");
    CHECK(refusal([&] { store.open()->retire(first); }).empty());
    CHECK(look(store) == seen);
}

void never_what_serves(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const CertificateId second = install(store, 'b');
    assign(store, "internal", first, 1);
    assign(store, "access-edge-external", first, 1);
    assign(store, "internal", second, 2);
    const StoreObservation before = look(store);
    CHECK(refusal([&] { store.open()->retire(first); }) == "store-refused");
    CHECK(refusal([&] { store.open()->retire(second); }) == "store-refused");
    CHECK(look(store) == before);
}

void never_what_somebody_points_at(const StoreUnderTest& store) {
    if (!store.somebody_else.points) {
        return;
    }
    const CertificateId first = install(store, 'a');
    store.somebody_else.points("internal", first);
    const StoreObservation before = look(store);
    CHECK(refusal([&] { store.open()->retire(first); }) == "store-refused");
    CHECK(look(store) == before);
}

void never_what_is_not_ours(const StoreUnderTest& store) {
    const Held held = held_elsewhere(store, "0c01");
    const Secret password{std::string("one time")};
    PersonalLabel theirs;
    theirs.friendly_name = "brought by hand";
    theirs.owned = false;
    store.open()->import_pfx(pfx_of(held, password), password, theirs);
    if (store.somebody_else.installs) {
        const Held another = held_elsewhere(store, "0c02");
        store.somebody_else.installs(another.certificate, &another.key);
        const StoreObservation seen = look(store);
        REQUIRE(find_personal(seen, another.certificate->sha256) != nullptr);
        CHECK_FALSE(find_personal(seen, another.certificate->sha256)->owned);
        CHECK(find_personal(seen, another.certificate->sha256)->key == KeyState::present);
        CHECK(refusal([&] { store.open()->retire(another.certificate->sha256); }) == "store-refused");
    }
    const StoreObservation before = look(store);
    CHECK(refusal([&] { store.open()->retire(held.certificate->sha256); }) == "store-refused");
    CHECK(look(store) == before);
}

void nothing_else_goes(const StoreUnderTest& store) {
    const CertificateId first = install(store, 'a');
    const RequestEntry open = store.open()->create_request(order(store, 'b'));
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    store.open()->retire(first);
    const StoreObservation seen = look(store);
    CHECK(seen.personal.empty());
    REQUIRE(seen.requests.size() == 1);
    CHECK(seen.requests[0] == open);
    CHECK(seen.trust.size() == 1);
}

}  // namespace

void add_retire_cases(std::vector<StoreCase>& cases) {
    cases.push_back(
        {"a certificate is retired with its key, and forgotten as previous; again is done", retired});
    cases.push_back({"a certificate that a role points at is never retired", never_what_serves});
    cases.push_back(
        {"a certificate that somebody pointed a role at is never retired", never_what_somebody_points_at});
    cases.push_back({"what somebody else put there is never retired", never_what_is_not_ours});
    cases.push_back({"retiring takes nothing else with it", nothing_else_goes});
}

}  // namespace edgecert::store_contract
