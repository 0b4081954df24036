// Requests on their way: phases, tickets, answers and what stays through them.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

Instant minute(int count) {
    return start() + std::chrono::minutes{count};
}

RequestNote note(RequestPhase phase,
                 int minutes,
                 const std::string& ticket = "",
                 const std::string& message = "") {
    RequestNote made;
    made.phase = phase;
    made.at = minute(minutes);
    made.ticket = ticket;
    made.message = message;
    return made;
}

RequestEntry only_request(const StoreUnderTest& store) {
    const StoreObservation seen = look(store);
    REQUIRE(seen.requests.size() == 1);
    return seen.requests[0];
}

void phases_follow_each_other(const StoreUnderTest& store) {
    RequestEntry expected = store.open()->create_request(order(store, 'a'));
    const RequestKey key = key_of(expected);

    store.open()->note_request(key, note(RequestPhase::submitting, 1));
    expected.phase = RequestPhase::submitting;
    expected.since = minute(1);
    expected.submitted = minute(1);
    CHECK(only_request(store) == expected);

    store.open()->note_request(key, note(RequestPhase::accepted, 2, "42"));
    expected.phase = RequestPhase::accepted;
    expected.since = minute(2);
    expected.ticket = "42";
    CHECK(only_request(store) == expected);

    RequestNote collected = note(RequestPhase::collected, 3);
    collected.answer = answer_to(expected);
    collected.answer_chain = chain();
    store.open()->note_request(key, collected);
    expected.phase = RequestPhase::collected;
    expected.since = minute(3);
    expected.answer = collected.answer;
    expected.answer_chain = chain();
    CHECK(only_request(store) == expected);
    CHECK(only_request(store).ticket == "42");
}

void note_again_changes_nothing(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    store.open()->note_request(key_of(made), note(RequestPhase::accepted, 2, "42", "taken"));
    const StoreObservation before = look(store);
    store.open()->note_request(key_of(made), note(RequestPhase::accepted, 2, "42", "taken"));
    CHECK(look(store) == before);
}

void words_are_kept(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    store.open()->note_request(key_of(made), note(RequestPhase::submitting, 1));
    store.open()->note_request(key_of(made), note(RequestPhase::ambiguous, 2, "", "the answer was lost"));
    CHECK(only_request(store).phase == RequestPhase::ambiguous);
    CHECK(only_request(store).message == "the answer was lost");
    CHECK(only_request(store).submitted == minute(1));
    store.open()->note_request(key_of(made), note(RequestPhase::accepted, 3, "77"));
    CHECK_MESSAGE(only_request(store).message == "the answer was lost", "a field left empty stays as it is");
    store.open()->note_request(key_of(made), note(RequestPhase::denied, 4, "", "no such template"));
    CHECK(only_request(store).phase == RequestPhase::denied);
    CHECK(only_request(store).message == "no such template");
    CHECK(only_request(store).ticket == "77");
}

void abandoned_keeps_its_key(const StoreUnderTest& store) {
    const RequestEntry made = store.open()->create_request(order(store, 'a'));
    store.open()->note_request(key_of(made), note(RequestPhase::abandoned, 1));
    const RequestEntry seen = only_request(store);
    CHECK(seen.phase == RequestPhase::abandoned);
    CHECK(seen.key == KeyState::present);
    CHECK(seen.request_pem == made.request_pem);
    CHECK(seen.spki == made.spki);
}

void note_without_key_here(const StoreUnderTest& store) {
    RequestEntry entry = store.open()->create_request(order(store, 'a'));
    entry.key = KeyState::absent;
    entry.holder = "edge02";
    store.reset();  // the store of another server
    store.open()->keep_request(entry);
    store.open()->note_request(key_of(entry), note(RequestPhase::accepted, 2, "42"));
    CHECK(only_request(store).phase == RequestPhase::accepted);
    CHECK(only_request(store).ticket == "42");
    CHECK(only_request(store).key == KeyState::absent);
    CHECK(only_request(store).holder == "edge02");
}

void note_of_nothing(const StoreUnderTest& store) {
    static_cast<void>(store.open()->create_request(order(store, 'a')));
    const StoreObservation before = look(store);
    CHECK(refusal([&] {
              store.open()->note_request({pool, "internal", hex_id('0')}, note(RequestPhase::accepted, 1));
          }) == "no-such-entry");
    CHECK(look(store) == before);
}

}  // namespace

void add_note_cases(std::vector<StoreCase>& cases) {
    cases.push_back(
        {"a request's phases follow each other and keep what was noted before", phases_follow_each_other});
    cases.push_back({"noting the same again changes nothing", note_again_changes_nothing});
    cases.push_back({"what a CA said is kept, and an empty note does not wipe it", words_are_kept});
    cases.push_back({"an abandoned request keeps its key", abandoned_keeps_its_key});
    cases.push_back({"a request kept without its key is noted like any other", note_without_key_here});
    cases.push_back({"a note for a request that is not there says so", note_of_nothing});
}

}  // namespace edgecert::store_contract
