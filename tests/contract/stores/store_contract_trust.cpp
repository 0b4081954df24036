// The store as a whole, and its trust: what is added, left alone, refused and taken away.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

void never_written(const StoreUnderTest& store) {
    const StoreObservation seen = look(store);
    CHECK_FALSE(seen.exists);
    CHECK(seen.store_id.empty());
    CHECK(seen.trust.empty());
    CHECK(seen.personal.empty());
    CHECK(seen.requests.empty());
    CHECK(seen.roles.empty());
    CHECK(seen.findings.empty());
    CHECK_MESSAGE(look(store) == seen, "looking made something");
}

void first_change_makes_it(const StoreUnderTest& store) {
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    const StoreObservation first = look(store);
    CHECK(first.exists);
    CHECK_FALSE(first.store_id.empty());
    store.open()->trust(TrustKind::intermediate, authority().issuing, "contract", pool);
    CHECK(look(store).store_id == first.store_id);
    store.reset();
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    CHECK_MESSAGE(look(store).store_id != first.store_id, "two stores with one id");
}

void same_store_same_value(const StoreUnderTest& store) {
    install(store, 'a');
    install(store, 'b');
    store.open()->trust(TrustKind::root, other_authority().root, "other", pool);
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    const StoreObservation seen = look(store);
    CHECK(look(store) == seen);
    REQUIRE(seen.personal.size() == 2);
    CHECK(seen.personal[0].id < seen.personal[1].id);
    REQUIRE(seen.trust.size() == 2);
    CHECK(seen.trust[0].id < seen.trust[1].id);
}

void trust_is_added(const StoreUnderTest& store) {
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    store.open()->trust(TrustKind::intermediate, authority().issuing, "contract", pool);
    const StoreObservation seen = look(store);
    REQUIRE(seen.trust.size() == 2);
    const TrustEntry* root = find_trust(seen, TrustKind::root, authority().root->sha256);
    REQUIRE(root != nullptr);
    CHECK(*root ==
          TrustEntry{authority().root->sha256, authority().root, TrustKind::root, true, "contract", pool});
    const TrustEntry* issuing = find_trust(seen, TrustKind::intermediate, authority().issuing->sha256);
    REQUIRE(issuing != nullptr);
    CHECK(*issuing == TrustEntry{authority().issuing->sha256,
                                 authority().issuing,
                                 TrustKind::intermediate,
                                 true,
                                 "contract",
                                 pool});
}

void trust_again_changes_nothing(const StoreUnderTest& store) {
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    const StoreObservation before = look(store);
    store.open()->trust(TrustKind::root, authority().root, "another", "lon-edge");
    CHECK_MESSAGE(look(store) == before, "an entry that is there stays as it is");
}

void intermediate_never_in_root(const StoreUnderTest& store) {
    store.open()->trust(TrustKind::root, other_authority().root, "other", pool);
    const StoreObservation before = look(store);
    CHECK(refusal([&] { store.open()->trust(TrustKind::root, authority().issuing, "contract", pool); }) ==
          "store-refused");
    CHECK(refusal([&] {
              store.open()->trust(TrustKind::root, held_elsewhere(store, "0b").certificate, "contract", pool);
          }) == "store-refused");
    CHECK(refusal([&] {
              store.open()->trust(TrustKind::intermediate, authority().root, "contract", pool);
          }) == "store-refused");
    CHECK(look(store) == before);
}

void distrust_takes_one(const StoreUnderTest& store) {
    const auto opened = store.open();
    opened->trust(TrustKind::root, authority().root, "contract", pool);
    opened->trust(TrustKind::root, other_authority().root, "other", pool);
    opened->trust(TrustKind::intermediate, authority().issuing, "contract", pool);
    opened->distrust(TrustKind::root, authority().root->sha256);
    StoreObservation seen = look(store);
    CHECK(find_trust(seen, TrustKind::root, authority().root->sha256) == nullptr);
    CHECK(seen.trust.size() == 2);
    opened->distrust(TrustKind::root, authority().root->sha256);     // absent: done
    opened->distrust(TrustKind::root, authority().issuing->sha256);  // there, but as an intermediate
    opened->distrust(TrustKind::intermediate, other_authority().root->sha256);
    CHECK(look(store) == seen);
    opened->distrust(TrustKind::intermediate, authority().issuing->sha256);
    CHECK(look(store).trust.size() == 1);
}

void distrust_of_nothing(const StoreUnderTest& store) {
    CHECK(refusal([&] { store.open()->distrust(TrustKind::root, authority().root->sha256); }).empty());
    CHECK(look(store).trust.empty());
}

void foreign_trust_stays_foreign(const StoreUnderTest& store) {
    if (!store.somebody_else.trusts) {
        return;
    }
    store.open()->trust(TrustKind::root, authority().root, "contract", pool);
    store.somebody_else.trusts(TrustKind::root, other_authority().root);
    const StoreObservation before = look(store);
    const TrustEntry* entry = find_trust(before, TrustKind::root, other_authority().root->sha256);
    REQUIRE(entry != nullptr);
    CHECK_FALSE(entry->owned);
    CHECK(entry->authority.empty());
    store.open()->trust(TrustKind::root, other_authority().root, "other", pool);
    CHECK_MESSAGE(look(store) == before, "trusting what somebody else trusts must not make it ours");
    CHECK_MESSAGE(refusal([&] { store.open()->distrust(TrustKind::root, other_authority().root->sha256); }) ==
                      "store-refused",
                  "a self-signed root that somebody else put there is never removed");
    CHECK(look(store) == before);
}

void misplaced_intermediate_can_leave_root(const StoreUnderTest& store) {
    if (!store.somebody_else.trusts) {
        return;
    }
    store.somebody_else.trusts(TrustKind::root, authority().issuing);
    REQUIRE(find_trust(look(store), TrustKind::root, authority().issuing->sha256) != nullptr);
    const auto opened = store.open();
    opened->trust(TrustKind::intermediate, authority().issuing, "contract", pool);
    opened->distrust(TrustKind::root, authority().issuing->sha256);
    const StoreObservation seen = look(store);
    CHECK(find_trust(seen, TrustKind::root, authority().issuing->sha256) == nullptr);
    CHECK(find_trust(seen, TrustKind::intermediate, authority().issuing->sha256) != nullptr);
}

}  // namespace

void add_trust_cases(std::vector<StoreCase>& cases) {
    cases.push_back({"a store that was never written is empty, and looking does not make it", never_written});
    cases.push_back(
        {"the first change makes the store with an id of its own that stays", first_change_makes_it});
    cases.push_back({"an unchanged store is observed as the same value, sorted", same_store_same_value});
    cases.push_back({"trust is added with its owner", trust_is_added});
    cases.push_back({"trusting again changes nothing", trust_again_changes_nothing});
    cases.push_back({"an intermediate never goes to Root and a root never to the intermediates",
                     intermediate_never_in_root});
    cases.push_back(
        {"distrust takes away one entry of one kind, and is done when it is absent", distrust_takes_one});
    cases.push_back({"distrust in a store that was never written is done", distrust_of_nothing});
    cases.push_back(
        {"a root that somebody else trusts stays, and stays theirs", foreign_trust_stays_foreign});
    cases.push_back(
        {"an intermediate that somebody put into Root can be moved", misplaced_intermediate_can_leave_root});
}

}  // namespace edgecert::store_contract
