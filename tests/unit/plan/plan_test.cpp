// Plans as values: ids, order, counts, exit status, and their JSON form both ways.
#include "engine/plan/plan.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/json_reader.h"
#include "sample.h"

namespace edgecert::test {

namespace {

UnitPlan unit_of(const std::string& name, std::vector<Step> steps) {
    UnitPlan unit;
    unit.overview.unit = name;
    unit.steps = std::move(steps);
    return unit;
}

std::string code_of(const std::string& bytes) {
    try {
        static_cast<void>(plan_from_json(bytes));
    } catch (const Error& error) {
        return error.diagnostic().code + ": " + error.diagnostic().text;
    }
    return "taken";
}

Plan waiting_for(WaitKind kind) {
    Step wait = step(Action::wait, "p", "s", "c");
    wait.wait = Wait{kind, "x", "somebody", {}, "act"};
    return make_plan({}, "r", {unit_of("p", {wait})}, {});
}

}  // namespace

TEST_CASE("every action, cause, state and kind of wait reads back from its name") {
    for (const Action action : all_actions()) {
        CHECK(parse_action(to_text(action)) == action);
    }
    CHECK(all_actions().size() == 16);
    CHECK_FALSE(parse_action("assign"));
    CHECK(parse_cause("new") == Cause::fresh);
    CHECK(parse_wait_kind("authority-unreachable") == WaitKind::authority_unreachable);
    CHECK(parse_unit_state("blocked") == UnitState::blocked);
}

TEST_CASE("a step's id depends on its place and object, not on what becomes known or how it is told") {
    Step one = step(Action::assign_role, "p", "s", "c");
    one.role = "internal";
    one.object = digits('1');
    const StepId id = step_id(one);
    CHECK(id.size() == 64);
    Step told = one;
    told.summary = "other words";
    told.fields = {{"sha256", "", "x"}};
    told.certificate = "renamed";  // a role step is named by its role
    CHECK(step_id(told) == id);
    Step certificate = one;
    certificate.role = "";
    certificate.certificate = "internal";
    CHECK(step_id(certificate) != id);
    for (std::string Step::*part : {&Step::unit, &Step::server, &Step::role, &Step::object}) {
        Step other = one;
        other.*part += "x";
        CHECK(step_id(other) != id);
    }
}

TEST_CASE("steps keep their order unless another has to come first") {
    Step a = step(Action::trust_root, "p", "s1", "a");
    const Step b = step(Action::trust_root, "p", "s1", "b");
    const Step c = step(Action::trust_root, "p", "s1", "c");
    a.after = {step_id(c), step_id(c), digits('f')};  // the last is another unit's
    const UnitPlan unit = in_order(unit_of("p", {a, b, c}));
    REQUIRE(unit.steps.size() == 3);
    CHECK(unit.steps[0].certificate == "b");
    CHECK(unit.steps[1].certificate == "c");
    CHECK(unit.steps[2].certificate == "a");
    CHECK(unit.steps[2].after.size() == 2);
    CHECK(std::is_sorted(unit.steps[2].after.begin(), unit.steps[2].after.end()));
}

TEST_CASE("steps that wait for each other are an error that names them") {
    Step a = step(Action::trust_root, "p", "s1", "a");
    Step b = step(Action::distrust, "p", "s1", "b");
    a.after = {step_id(b)};
    b.after = {step_id(a)};
    CHECK_THROWS_WITH_AS(
        static_cast<void>(in_order(unit_of("p", {a, b}))), doctest::Contains("distrust"), Error);
    Step self = step(Action::trust_root, "p", "s1", "a");
    self.after = {step_id(self)};
    CHECK_THROWS_AS(static_cast<void>(in_order(unit_of("p", {self}))), Error);
}

TEST_CASE("one step twice is an error, one wait twice is not") {
    const Step a = step(Action::trust_root, "p", "s1", "a");
    CHECK_THROWS_AS(static_cast<void>(in_order(unit_of("p", {a, a}))), Error);
    Step wait = step(Action::wait, "p", "s1", "a");
    wait.wait = Wait{};
    CHECK(in_order(unit_of("p", {wait, wait})).steps.size() == 2);
}

// As many pairs as there are would take minutes and more memory than there is.
TEST_CASE("a great many waits of one name, and as many behind them, are put in order one by one") {
    constexpr std::size_t many = 40'000;
    UnitPlan unit;
    unit.overview.unit = "ams";
    Step first;
    first.action = Action::wait;
    first.server = "edge01";
    first.wait = Wait{};
    Step second = first;
    second.server = "edge02";
    Step known = first;
    known.unit = "ams";
    second.after = {step_id(known)};
    unit.steps.assign(many, second);
    unit.steps.insert(unit.steps.end(), many, first);
    const UnitPlan ordered = in_order(unit);
    REQUIRE(ordered.steps.size() == 2 * many);
    CHECK(ordered.steps[many - 1].server == "edge01");
    CHECK(ordered.steps[many].server == "edge02");
    for (Step& step : unit.steps) {
        step.after = {step_id(known)};  // and those for themselves
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(in_order(unit)), doctest::Contains("and 79988 more"), Error);
}

TEST_CASE("authorities come before pools, and the order of units given does not matter") {
    const Plan plan = rich_plan();
    REQUIRE(plan.units.size() == 3);
    CHECK(plan.units[0].overview.unit == "authority/contoso-local");
    CHECK(plan.units[1].overview.unit == "ams-edge");
    std::vector<UnitPlan> reversed(plan.units.rbegin(), plan.units.rend());
    CHECK(make_plan(plan.inputs, plan.requirements, reversed, plan.diagnostics) == plan);
}

TEST_CASE("two units of one name are an error") {
    CHECK_THROWS_AS(static_cast<void>(make_plan({}, "", {unit_of("p", {}), unit_of("p", {})}, {})), Error);
}

TEST_CASE("a plan's id changes with what is done and not with how it is told") {
    const Plan plan = rich_plan();
    Plan told = plan;
    told.inputs.at += Seconds(60);
    told.units[1].overview.title = "other";
    told.units[1].steps[0].summary = "other";
    told.units[1].steps[0].reasons.clear();
    told.diagnostics.clear();
    CHECK(plan_id(told) == plan.id);

    Plan other = plan;
    SUBCASE("a field") {
        other.units[1].steps[0].fields[0].after += "x";
    }
    SUBCASE("an order") {
        other.units[1].steps[1].after.clear();
    }
    SUBCASE("an expectation") {
        other.units[1].steps[3].expects[0].fingerprint = "x";
    }
    SUBCASE("a step gone") {
        other.units[1].steps.pop_back();
    }
    SUBCASE("an object") {
        other.units[1].steps[0].object = digits('9');
    }
    SUBCASE("the requirements") {
        other.requirements = digits('e');
    }
    SUBCASE("a target") {
        other.inputs.targets = {"ams-edge"};
    }
    SUBCASE("the same address to retry instead") {
        other.inputs.retry = {"ams-edge"};
    }
    SUBCASE("a request id") {
        other.inputs.request_ids["ams-edge/internal"] = "43";
    }
    SUBCASE("until installed") {
        other.inputs.until_installed = true;
    }
    CHECK(plan_id(other) != plan.id);
}

TEST_CASE("counts tell certificates, keys and steps apart") {
    const Counts counts = count(rich_plan());
    CHECK(counts.pools == 2);
    CHECK(counts.servers == 5);
    CHECK(counts.issue == 1);  // one certificate, requested and submitted
    CHECK(counts.keys_moved == 1);
    CHECK(counts.by_action.at(Action::wait) == 1);
    CHECK(has_changes(rich_plan()));
    CHECK_FALSE(has_changes(converged_plan()));
    CHECK_FALSE(has_changes(waiting_for(WaitKind::person)));
}

TEST_CASE("the exit status says whose turn it is, and failure outranks the rest") {
    CHECK(exit_status(converged_plan()) == 0);
    CHECK(exit_status(waiting_for(WaitKind::authority)) == 3);
    CHECK(exit_status(waiting_for(WaitKind::person)) == 3);
    CHECK(exit_status(waiting_for(WaitKind::unit)) == 0);
    CHECK(exit_status(waiting_for(WaitKind::server)) == 1);
    CHECK(exit_status(waiting_for(WaitKind::authority_unreachable)) == 1);
    Plan failed = waiting_for(WaitKind::person);
    failed.units[0].overview.state = UnitState::failed;
    CHECK(exit_status(failed) == 1);
}

TEST_CASE("a plan comes back from JSON as it was, whatever the order of its fields") {
    for (const Plan& plan : {rich_plan(), converged_plan(), make_plan({}, "", {}, {})}) {
        const std::string bytes = to_json(plan).dump(2);
        CHECK(plan_from_json(bytes) == plan);
        CHECK(plan_from_json(nlohmann::json::parse(bytes).dump()) == plan);
    }
}

TEST_CASE("bytes that are not UTF-8 are escaped before they are hashed, so that a saved plan keeps its id") {
    Step odd = step(Action::trust_root, "p", "s1", "a");
    odd.fields = {{"subject", "", "CN=\xff\xfe"}};
    const Plan plan = make_plan({}, "", {unit_of("p", {odd})}, {});
    CHECK(plan_from_json(to_json(plan).dump()) == plan);
}

TEST_CASE("a plan that was changed, cut or dressed up is refused") {
    const auto json = to_json(rich_plan());
    auto changed = json;
    std::string expected;
    SUBCASE("another format") {
        changed["format"] = "edgecert.plan/2";
        expected = "format";
    }
    SUBCASE("a field changed") {
        changed["steps"][1]["fields"][0]["after"] = "evil.contoso.net";
        expected = "its id is not that of its steps";
    }
    SUBCASE("a step removed") {
        changed["steps"].erase(2);
        expected = "its id is not that of its steps";
    }
    SUBCASE("a step's id that is not its own") {
        changed["steps"][0]["id"] = digits('0');
        expected = "the id of a step is not its own";
    }
    SUBCASE("units in another order") {
        std::swap(changed["units"][0], changed["units"][1]);
        expected = "not in their order";
    }
    SUBCASE("an unknown field") {
        changed["steps"][0]["extra"] = 1;
        expected = "steps[0].extra";
    }
    SUBCASE("a missing field") {
        changed["units"][0].erase("title");
        expected = "units[0].title is missing";
    }
    SUBCASE("a wrong type") {
        changed["units"][0]["servers"] = "three";
        expected = "units[0].servers";
    }
    SUBCASE("a number beyond all numbers") {
        changed["units"][0]["servers"] = 18446744073709551615ULL;
        expected = "units[0].servers";
    }
    SUBCASE("a step of a unit that is not there") {
        changed["steps"][0]["unit"] = "nowhere";
        expected = "steps[0].unit";
    }
    SUBCASE("a wait with a change") {
        changed["steps"][0]["wait"] = json["steps"][6]["wait"];
        expected = "steps[0].wait";
    }
    SUBCASE("another summary") {
        changed["summary"]["servers"] = 1;
        expected = "summary";
    }
    SUBCASE("an unknown action") {
        changed["steps"][0]["action"] = "explode";
        expected = "steps[0].action";
    }
    CHECK_MESSAGE(code_of(changed.dump()).find("bad-plan: ") == 0, code_of(changed.dump()));
    CHECK_MESSAGE(code_of(changed.dump()).find(expected) != std::string::npos, code_of(changed.dump()));
}

TEST_CASE("what is not a plan at all is refused within bounds") {
    CHECK(code_of("").find("bad-plan") == 0);
    CHECK(code_of("[]").find("bad-plan") == 0);
    CHECK(code_of("{\"format\":1}").find("bad-plan") == 0);
    CHECK(code_of("{\"format\":\"edgecert.plan/1\"} x").find("bad-plan") == 0);
    CHECK(code_of("{\"a\":1,\"a\":2}").find("twice") != std::string::npos);
    CHECK(code_of(std::string(4U << 20U, '[')).find("nested deeper") != std::string::npos);
    CHECK(code_of(std::string((64UL << 20U) + 1, ' ')).find("larger than") != std::string::npos);
    const JsonBounds tight{1000, 3, 2, 8};
    const auto refused = [&tight](const std::string& text) {
        try {
            static_cast<void>(parse_json(text, tight, "bad"));
        } catch (const Error& error) {
            return error.diagnostic().text;
        }
        return std::string("taken");
    };
    CHECK(refused("[1,2]") == "taken");
    CHECK(refused("[1,2,3]") == "it has more than 3 values");
    CHECK(refused("[[],[],[]]") == "it has more than 3 values");
    CHECK(refused(R"({"a":1,"b":2})") == "taken");
    CHECK(refused(R"({"a":1,"b":2,"c":3})").find("more than 2 fields") != std::string::npos);
    CHECK(refused("[1,\n  x]") == "it is not JSON: something else is needed at line 2, byte 3");
    CHECK(refused("") == "it is not JSON: something else is needed at line 1, byte 1");
    CHECK(refused("[1e999]").find("a number is too large, at line 1") != std::string::npos);
    CHECK(refused("[\"\xff\"]").find("it is not JSON: ") == 0);
}

}  // namespace edgecert::test
