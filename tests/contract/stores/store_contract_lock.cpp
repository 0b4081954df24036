// Locks between two controllers of one store.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

std::string lock_refusal(CertificateStore& store) {
    return refusal([&] { static_cast<void>(store.lock(Seconds{0})); });
}

void one_at_a_time(const StoreUnderTest& store) {
    install(store, 'a');
    const auto one = store.open();
    const auto two = store.open();
    auto held = one->lock(Seconds{0});
    REQUIRE(held != nullptr);
    CHECK(lock_refusal(*two) == "store-locked");
    held.reset();
    CHECK(lock_refusal(*two).empty());
    CHECK_MESSAGE(lock_refusal(*one).empty(), "a lock that was given back can be taken again");
}

void lock_on_nothing(const StoreUnderTest& store) {
    const auto one = store.open();
    const auto two = store.open();
    const auto held = one->lock(Seconds{0});
    CHECK_MESSAGE(lock_refusal(*two) == "store-locked",
                  "the store that will hold the first request is locked before it exists");
}

void works_under_its_own_lock(const StoreUnderTest& store) {
    const auto one = store.open();
    const auto held = one->lock(Seconds{0});
    const RequestEntry made = one->create_request(order(store, 'a'));
    RequestNote note;
    note.phase = RequestPhase::submitting;
    note.at = start();
    one->note_request(key_of(made), note);
    CHECK(one->observe(cache()).requests.size() == 1);
    CHECK_MESSAGE(look(store).requests.size() == 1, "others can look meanwhile");
    CHECK(lock_refusal(*store.open()) == "store-locked");
}

void gone_with_its_object(const StoreUnderTest& store) {
    install(store, 'a');
    {
        const auto one = store.open();
        const auto held = one->lock(Seconds{0});
        CHECK(lock_refusal(*store.open()) == "store-locked");
    }
    CHECK(lock_refusal(*store.open()).empty());
}

}  // namespace

void add_lock_cases(std::vector<StoreCase>& cases) {
    cases.push_back({"only one controller holds the lock", one_at_a_time});
    cases.push_back({"a store that was never written can be locked", lock_on_nothing});
    cases.push_back(
        {"operations run under the lock of their own object, and others can look", works_under_its_own_lock});
    cases.push_back({"a lock goes with the object that held it", gone_with_its_object});
}

}  // namespace edgecert::store_contract
