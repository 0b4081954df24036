// Fit as a table: what the approved plan says, what is planned now, and whether it may go on.
#include "engine/plan/fit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/fresh_words.h"
#include "engine/report/words.h"
#include "sample.h"

namespace edgecert::test {

namespace {

UnitPlan unit_of(std::vector<Step> steps) {
    UnitPlan unit;
    unit.overview.unit = "p";
    unit.steps = std::move(steps);
    return in_order(unit);
}

Step request() {
    Step result = step(Action::create_request, "p", "s1", "internal");
    result.object = digits('b');
    result.fields = {{"names", "a", "a, b"}};
    return result;
}

Step assign() {
    Step result = step(Action::assign_role, "p", "s1", "internal");
    result.role = "internal";
    result.object = digits('b');
    result.fields = {{"sha256", digits('7'), std::string(known_later)}};
    result.expects = {{"role:internal@s1", digits('7')}};
    return result;
}

Step back(Action action, const std::string& before, const std::string& after) {
    Step result = step(action, "p", "s1", "internal");
    result.role = "internal";
    result.object = digits('7');
    result.fields = {{"sha256", before, after}};
    result.reasons = {{std::string(way_back_code), "its certificate was rejected", Cause::drift, {}}};
    return result;
}

Step waiting() {
    Step result = step(Action::wait, "p", "s1", "internal");
    result.wait = Wait{};
    return result;
}

struct Row {
    std::string name{};
    std::vector<Step> approved{};
    std::vector<Step> fresh{};
    std::string why{};  // empty: it fits
};

Step with_field(Step one, const FieldChange& field) {
    one.fields = {field};
    return one;
}

Step with_expectation(Step one, const Expectation& expectation) {
    one.expects = {expectation};
    return one;
}

Step after(Step one, const Step& other) {
    one.after.push_back(step_id(other));
    return one;
}

Step without_reasons(Step one) {
    one.reasons.clear();
    return one;
}

std::vector<Row> same_steps() {
    const Step pending = assign();
    const Step known = with_field(assign(), {"sha256", digits('7'), digits('8')});
    return {
        {"the same plan fits", {request(), assign()}, {request(), assign()}, ""},
        {"nothing left fits", {request(), assign()}, {}, ""},
        {"a step that is done is gone", {request(), assign()}, {assign()}, ""},
        {"a wait in the fresh plan is exempt", {assign()}, {waiting(), assign()}, ""},
        {"a wait that was approved does not cover a change", {waiting()}, {assign()}, "was not approved"},
        {"a step that was not approved", {request()}, {request(), assign()}, "was not approved"},
        {"unknown becomes known", {pending}, {known}, ""},
        {"known becomes unknown", {known}, {pending}, ""},
        {"another certificate than approved",
         {known},
         {with_field(assign(), {"sha256", digits('7'), digits('9')})},
         "instead of"},
        {"somebody switched meanwhile",
         {pending},
         {with_field(assign(), {"sha256", digits('6'), std::string(known_later)})},
         "when the plan was made"},
        {"another field", {request()}, {with_field(request(), {"keySize", "", "2048"})}, "keySize"},
        {"a field less",
         {request()},
         {[] {
             Step s = request();
             s.fields.clear();
             return s;
         }()},
         "no longer become"},
        {"another expectation",
         {pending},
         {with_expectation(pending, {"role:internal@s1", digits('6')})},
         "has changed since"},
        {"an expectation more", {pending}, {with_expectation(pending, {"other", "x"})}, "relies on other"},
        {"an expectation less",
         {pending},
         {[] {
             Step s = assign();
             s.expects.clear();
             return s;
         }()},
         "is gone"},
        {"an order that still counts is lost",
         {request(), after(assign(), request())},
         {request(), assign()},
         "no longer waits for"},
        {"an order whose first step is done does not count",
         {request(), after(assign(), request())},
         {assign()},
         ""},
        {"an order more is no harm", {request(), assign()}, {request(), after(assign(), request())}, ""},
    };
}

std::vector<Row> ways_back() {
    const Step approved = with_field(assign(), {"sha256", digits('7'), digits('8')});
    const std::string o = digits('7');
    const std::string n = digits('8');
    return {
        {"the way back of an approved assignment", {approved}, {back(Action::assign_role, n, o)}, ""},
        {"also while the new one was unknown", {assign()}, {back(Action::assign_role, n, o)}, ""},
        {"activation and verification follow it",
         {approved},
         {back(Action::assign_role, n, o),
          back(Action::activate_role, n, o),
          back(Action::verify_role, "", o)},
         ""},
        {"they may be all that is left of it", {approved}, {back(Action::verify_role, "", o)}, ""},
        {"without the reason it is a change",
         {approved},
         {without_reasons(back(Action::assign_role, n, o))},
         "not approved"},
        {"back to something else", {approved}, {back(Action::assign_role, n, digits('5'))}, "not approved"},
        {"back from something else", {approved}, {back(Action::assign_role, digits('5'), o)}, "not approved"},
        {"back to nothing",
         {with_field(assign(), {"sha256", "", n})},
         {back(Action::assign_role, n, "")},
         "not approved"},
        {"activation of something else",
         {approved},
         {back(Action::activate_role, n, digits('5'))},
         "not approved"},
        {"activation that does not say where it leads",
         {approved},
         {[&] {
             Step s = back(Action::activate_role, n, o);
             s.fields.clear();
             return s;
         }()},
         "not approved"},
        {"activation of nothing",
         {with_field(assign(), {"sha256", "", n})},
         {back(Action::activate_role, n, "")},
         "not approved"},
        {"activation that says something else as well",
         {approved},
         {[&] {
             Step s = back(Action::activate_role, n, o);
             s.fields.push_back({"other", "", "x"});
             return s;
         }()},
         "not approved"},
        {"no assignment was approved", {request()}, {back(Action::activate_role, n, o)}, "not approved"},
        {"another action under the same flag",
         {approved},
         {back(Action::retire_certificate, n, o)},
         "not approved"},
        {"another role",
         {approved},
         {[&] {
             Step s = back(Action::assign_role, n, o);
             s.role = "x";
             return s;
         }()},
         "not approved"},
        {"another server",
         {approved},
         {[&] {
             Step s = back(Action::assign_role, n, o);
             s.server = "x";
             return s;
         }()},
         "not approved"},
    };
}

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const std::optional<std::string> why = misfit(unit_of(row.approved), unit_of(row.fresh));
        CHECK(why.has_value() == !row.why.empty());
        if (why) {
            CHECK_MESSAGE(why->find(row.why) != std::string::npos, *why);
            CHECK(why->rfind("p: ", 0) == 0);
        }
    }
}

}  // namespace

TEST_CASE("a saved plan is shown in the words of the plan that is made now") {
    const Plan fresh = test::rich_plan();
    Plan doctored = fresh;
    for (UnitPlan& unit : doctored.units) {
        unit.overview.title = "harmless";
        unit.overview.notes = {"harmless"};
        unit.diagnostics.clear();
        for (Step& one : unit.steps) {
            one.summary = "harmless";
            one.reasons = {{"harmless", "harmless", Cause::fresh, {}}};
        }
    }
    CHECK(with_fresh_words(doctored, fresh) == fresh);
    Plan emptied = fresh;  // all was done since
    for (UnitPlan& unit : emptied.units) {
        unit.steps.clear();
        unit.overview.notes.clear();
    }
    const Plan shown = with_fresh_words(doctored, emptied);
    CHECK_FALSE(has_changes(shown));
    for (std::size_t at = 0; at < shown.units.size(); ++at) {
        CHECK(shown.units[at].steps.empty());
        const auto changes = std::count_if(fresh.units[at].steps.begin(),
                                           fresh.units[at].steps.end(),
                                           [](const Step& step) { return step.action != Action::wait; });
        CHECK(shown.units[at].overview.notes.size() == (changes == 0 ? 0 : 1));
        CHECK(joined(shown.units[at].overview.notes, 9)
                  .rfind(changes == 0 ? "" : std::to_string(changes) + " step", 0) == 0);
    }
    Plan begun = doctored;  // what is waited for by now is told, what nobody approved is not
    begun.units.front().steps.clear();
    const Plan going_on = with_fresh_words(begun, fresh);
    for (const Step& one : going_on.units.front().steps) {
        CHECK(one.action == Action::wait);
    }
}

TEST_CASE("a fresh plan fits while each of its steps was approved with equal known fields") {
    check(same_steps());
}

TEST_CASE("the way back of an approved assignment fits, and nothing else under its name") {
    check(ways_back());
}

TEST_CASE("a misfit names bytes of a far side only escaped") {
    const Step approved = request();
    const Step fresh = with_field(request(), {"names", "a", "\x1b[2Jx"});
    const std::optional<std::string> why = misfit(unit_of({approved}), unit_of({fresh}));
    REQUIRE(why);
    CHECK(why->find('\x1b') == std::string::npos);
}

}  // namespace edgecert::test
