// The executor against scripted units: what is done, in which order, and what is told of it.
#include "engine/apply/executor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/apply/schedule.h"
#include "fake_unit.h"
#include "sample.h"

namespace edgecert::test {

namespace {

using Lines = std::vector<std::string>;

struct World {
    FakeClock clock{};
    Recorder progress{};
    StopRequest stop{0};
    ApplyOptions options{};

    Run run(const std::vector<Unit*>& units, const Plan& approved) {
        options.observed = true;
        return apply(units, approved, options, clock, progress, stop);
    }
};

Plan plan_of(const std::vector<Unit*>& units) {
    return plan_all(units, {}, "requirements", {});
}

Failed failure(const std::string& code) {
    return Failed{{Severity::error, code, "it went wrong", {}, "", ""}};
}

Lines results(const UnitRun& unit) {
    Lines lines;
    for (const StepRecord& record : unit.records) {
        lines.push_back(record.step.summary + " " + std::string(to_text(record.result)));
    }
    return lines;
}

bool contains(const Lines& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// A role's assignment and activation from one certificate to another.
Step role_step(Action action, const std::string& name, const std::string& before, const std::string& after) {
    Step result = step(action, "pool", "s1", "internal");
    result.role = "internal";
    result.object = after;
    result.summary = name;
    result.fields = {{"sha256", before, after}};
    return result;
}

// A pool whose activation fails, and which then wants to go back.
void script_way_back(FakeUnit& pool) {
    Step assign = role_step(Action::assign_role, "assign", digits('7'), digits('8'));
    Step activate = role_step(Action::activate_role, "activate", digits('7'), digits('8'));
    activate.after = {step_id(assign)};
    Step retire = step(Action::retire_certificate, "pool", "s1", "internal");
    retire.summary = "retire";
    retire.after = {step_id(activate)};
    pool.steps = {assign, activate, retire};
    pool.scripts["activate"] = [](FakeUnit& unit) -> Outcome {
        Step back = role_step(Action::assign_role, "assign back", digits('8'), digits('7'));
        back.reasons = {{std::string(way_back_code), "rejected", Cause::drift, {}}};
        Step again = role_step(Action::activate_role, "activate back", digits('8'), digits('7'));
        again.reasons = back.reasons;
        again.after = {step_id(back)};
        Step free = step(Action::retire_certificate, "pool", "s1", "internal");
        free.summary = "retire";
        unit.steps = {free, back, again};
        return failure("activation-failed");
    };
}

}  // namespace

TEST_CASE("steps are performed in their order, and afterwards the unit is looked at again") {
    World world;
    FakeUnit pool("pool");
    const StepId first = pool.add("first");
    pool.add("second", {first});
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log == Lines{"first", "second", "observe"});
    REQUIRE(run.units.size() == 1);
    CHECK(run.units[0].result == UnitResult::converged);
    CHECK(results(run.units[0]) == Lines{"first done", "second done"});
    CHECK(run.exit_status() == 0);
    CHECK(contains(world.progress.lines(), "pool converged"));
}

TEST_CASE("a converged unit is left alone") {
    World world;
    FakeUnit pool("pool");
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log.empty());
    CHECK(run.exit_status() == 0);
}

TEST_CASE("units are observed first when they have not been") {
    World world;
    FakeUnit pool("pool");
    pool.add("first");
    const Plan approved = plan_of({&pool});
    static_cast<void>(apply({&pool}, approved, world.options, world.clock, world.progress, world.stop));
    CHECK(pool.log == Lines{"observe", "first", "observe"});
}

TEST_CASE("a step that nobody approved refuses the whole plan before anything is done") {
    World world;
    FakeUnit one("one");
    FakeUnit two("two");
    one.add("first");
    const Plan approved = plan_of({&one, &two});
    two.add("new");
    const Run run = world.run({&one, &two}, approved);
    CHECK(run.refused);
    CHECK(run.refusal.find("new") != std::string::npos);
    CHECK(one.log.empty());
    CHECK(two.log.empty());
    CHECK(run.exit_status() == 4);
}

TEST_CASE("a unit of the approved plan that is not declared refuses it") {
    World world;
    FakeUnit one("one");
    FakeUnit two("two");
    two.add("first");
    const Plan approved = plan_of({&one, &two});
    const Run run = world.run({&one}, approved);
    CHECK(run.refused);
    CHECK(run.exit_status() == 4);
}

TEST_CASE("a plan to look at is not applied") {
    World world;
    Plan approved;
    approved.to_look_at_only = true;
    CHECK_THROWS_AS(static_cast<void>(world.run({}, approved)), Error);
}

TEST_CASE("a step that was approved and is no longer needed has vanished") {
    World world;
    FakeUnit pool("pool");
    pool.add("first");
    pool.add("second");
    const Plan approved = plan_of({&pool});
    pool.remove("first");
    const Run run = world.run({&pool}, approved);
    CHECK(results(run.units[0]) == Lines{"second done", "first vanished"});
    CHECK(run.exit_status() == 0);
}

TEST_CASE("an approved step whose certificate waits for a person was not begun, and has not vanished") {
    World world;
    FakeUnit pool("pool");
    const StepId submit = pool.add("submit");
    pool.add("install", {submit});
    pool.steps.back().certificate = "internal";
    const Plan approved = plan_of({&pool});
    pool.scripts["submit"] = [](FakeUnit& unit) -> Outcome {
        unit.remove("install");
        unit.add_wait("denied", WaitKind::person);
        unit.steps.back().certificate = "internal";
        return Done{};
    };
    const Run run = world.run({&pool}, approved);
    CHECK(results(run.units[0]) == Lines{"submit done", "install skipped"});
    CHECK(run.exit_status() == 3);
}

TEST_CASE("a failed step ends its unit, blocks those that need it, and no other") {
    World world;
    FakeUnit ca("authority/ca");
    FakeUnit dependent("a-pool", {"authority/ca"});
    FakeUnit other("b-pool");
    ca.add("birth");
    ca.add("more");
    ca.scripts["birth"] = [](FakeUnit&) -> Outcome { return failure("disk-full"); };
    dependent.add("trust");
    other.add("trust");
    const std::vector<Unit*> units{&other, &dependent, &ca};
    const Run run = world.run(units, plan_of(units));
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[0].unit == "authority/ca");
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(results(run.units[0]) == Lines{"birth failed", "more skipped"});
    CHECK(run.units[0].records[0].why->code == "disk-full");
    CHECK(run.units[1].result == UnitResult::blocked);
    CHECK(dependent.log.empty());
    CHECK(run.units[2].result == UnitResult::converged);
    CHECK(run.exit_status() == 1);
}

TEST_CASE("what a unit throws is its own failure, wherever it throws") {
    World world;
    FakeUnit bad("bad");
    FakeUnit good("good");
    bad.add("first");
    good.add("first");
    bool observed = true;
    const Plan approved = plan_of({&bad, &good});
    SUBCASE("an Error in perform") {
        bad.scripts["first"] = [](FakeUnit&) -> Outcome { throw Error("odd", "odd"); };
    }
    SUBCASE("an exception in perform") {
        bad.scripts["first"] = [](FakeUnit&) -> Outcome { throw std::runtime_error("odd"); };
    }
    SUBCASE("something else in perform") {
        bad.scripts["first"] = [](FakeUnit&) -> Outcome { throw 7; };  // NOLINT(hicpp-exception-baseclass)
    }
    SUBCASE("in the first plan") {
        bad.on_plan = [](const PlanInputs&) { throw Error("odd", "odd"); };
    }
    SUBCASE("in a later plan") {
        bad.on_plan = [&bad](const PlanInputs&) {
            if (!bad.log.empty()) {
                throw Error("odd", "odd");
            }
        };
    }
    SUBCASE("in the last look") {
        bad.on_observe = [](FakeUnit&) { throw Error("odd", "odd"); };
    }
    SUBCASE("in the first look") {
        bad.on_observe = [](FakeUnit&) { throw Error("odd", "odd"); };
        observed = false;
    }
    world.options.observed = observed;
    const Run run = apply({&bad, &good}, approved, world.options, world.clock, world.progress, world.stop);
    CHECK_FALSE(run.refused);
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK_FALSE(run.units[0].text.empty());
    CHECK(run.units[1].result == UnitResult::converged);
    CHECK(run.exit_status() == 1);
}

TEST_CASE("the way back is carried out after a failure, and the unit has failed all the same") {
    World world;
    FakeUnit pool("pool");
    script_way_back(pool);
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log == Lines{"observe", "assign", "activate", "assign back", "activate back", "observe"});
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(run.units[0].text == "it went wrong");
    CHECK(contains(results(run.units[0]), "retire skipped"));
    CHECK(run.exit_status() == 1);
}

TEST_CASE("a way back that fails in one place does not go on there") {
    World world;
    FakeUnit pool("pool");
    script_way_back(pool);
    pool.scripts["assign back"] = [](FakeUnit&) -> Outcome { return failure("no-way-back"); };
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK_FALSE(contains(pool.log, "activate back"));
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(run.units[0].text == "it went wrong");
}

TEST_CASE("a way back to what was not approved is not carried out") {
    World world;
    FakeUnit pool("pool");
    script_way_back(pool);
    pool.steps[0].fields[0].before = digits('6');
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK_FALSE(contains(pool.log, "assign back"));
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(
        run.units[0].text.ends_with("; the way back was not carried out for internal on s1: it is no part of "
                                    "what was approved, and the next plan has it"));
}

TEST_CASE("after a crash the way back is carried out under the same plan") {
    World world;
    FakeUnit pool("pool");
    script_way_back(pool);
    const Plan approved = plan_of({&pool});
    static_cast<void>(pool.scripts["activate"](pool));
    pool.steps.erase(pool.steps.begin());
    const Run run = world.run({&pool}, approved);
    CHECK(pool.log == Lines{"observe", "assign back", "activate back", "observe"});
    CHECK_FALSE(run.refused);
}

TEST_CASE("a unit whose ground moves during the run stops, and the others go on") {
    World world;
    FakeUnit one("one");
    FakeUnit two("two");
    one.add("first");
    one.add("second");
    two.add("first");
    one.scripts["first"] = [](FakeUnit& unit) -> Outcome {
        unit.add("surprise");
        return Done{};
    };
    const Run run = world.run({&one, &two}, plan_of({&one, &two}));
    CHECK_FALSE(run.refused);
    CHECK(run.units[0].result == UnitResult::misfit);
    CHECK(run.units[0].text.find("surprise") != std::string::npos);
    CHECK(results(run.units[0]) == Lines{"first done", "second skipped"});
    CHECK(run.units[1].result == UnitResult::converged);
    CHECK(run.exit_status() == 1);  // something was done: this is no refusal
}

TEST_CASE("a step that waits does not hold up what does not come after it") {
    World world;
    FakeUnit pool("pool");
    const StepId collect = pool.add("collect");
    pool.add("install", {collect});
    pool.add("trust");
    pool.scripts["collect"] = [](FakeUnit&) -> Outcome { return Waiting{"the officer", "approve 42"}; };
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log == Lines{"collect", "trust", "observe"});
    CHECK(run.units[0].result == UnitResult::waiting);
    CHECK(results(run.units[0]) == Lines{"collect waiting", "trust done", "install skipped"});
    CHECK(run.units[0].records[0].text == "the officer: approve 42");
    CHECK(run.exit_status() == 3);
}

TEST_CASE("waits in the plan hold up what comes after them and decide the exit status") {
    World world;
    FakeUnit pool("pool");
    WaitKind kind{};
    int status{};
    SUBCASE("a person") {
        kind = WaitKind::person;
        status = 3;
    }
    SUBCASE("an authority") {
        kind = WaitKind::authority;
        status = 3;
    }
    SUBCASE("a server") {
        kind = WaitKind::server;
        status = 1;
    }
    const StepId wait = pool.add_wait("wait", kind);
    pool.add("after", {wait});
    pool.add("free");
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log == Lines{"free", "observe"});
    CHECK(run.units[0].result == UnitResult::waiting);
    CHECK(run.exit_status() == status);
}

TEST_CASE("a step without effect is not repeated for ever") {
    World world;
    FakeUnit pool("pool");
    pool.add("first");
    pool.without_effect = {"first"};
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(std::count(pool.log.begin(), pool.log.end(), "first") == 3);
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(run.units[0].records.back().why->code == "no-effect");
}

TEST_CASE("what the last look finds undone is done again within the approved plan") {
    World world;
    FakeUnit pool("pool");
    pool.add("first");
    int looks = 0;
    pool.on_observe = [&looks](FakeUnit& unit) {
        if (++looks == 1) {
            unit.done.clear();  // somebody undid it
        }
    };
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(pool.log == Lines{"first", "observe", "first", "observe"});
    CHECK(run.units[0].result == UnitResult::converged);
}

TEST_CASE("all servers are observed afresh before the first assignment, and once only") {
    World world;
    FakeUnit pool("pool");
    const StepId install = pool.add("install", {}, Action::install_certificate);
    const StepId one = pool.add("assign 1", {install}, Action::assign_role);
    pool.add("assign 2", {one}, Action::assign_role);
    static_cast<void>(world.run({&pool}, plan_of({&pool})));
    CHECK(pool.log == Lines{"install", "observe", "assign 1", "assign 2", "observe"});
}

TEST_CASE("a unit is looked at again after a unit that it needs has done something") {
    World world;
    FakeUnit ca("authority/ca");
    FakeUnit pool("pool", {"authority/ca"});
    const StepId birth = ca.add("birth");
    pool.add("trust", {birth});
    const std::vector<Unit*> units{&pool, &ca};
    const Run run = world.run(units, plan_of(units));
    CHECK(ca.log == Lines{"birth", "observe"});
    CHECK(pool.log == Lines{"observe", "trust", "observe"});
    CHECK(run.exit_status() == 0);
}

TEST_CASE("what comes after a step of a unit that waits is left undone, the rest is done") {
    World world;
    FakeUnit ca("authority/ca");
    FakeUnit pool("pool", {"authority/ca"});
    const StepId wait = ca.add_wait("wait", WaitKind::person);
    const StepId birth = ca.add("birth", {wait});
    pool.add("trust", {birth});
    pool.add("free");
    const std::vector<Unit*> units{&pool, &ca};
    const Run run = world.run(units, plan_of(units));
    CHECK(contains(pool.log, "free"));
    CHECK_FALSE(contains(pool.log, "trust"));
    CHECK(run.units[1].result == UnitResult::waiting);
    CHECK(run.exit_status() == 3);
}

TEST_CASE("units that need each other fail and name it") {
    World world;
    FakeUnit one("one", {"two"});
    FakeUnit two("two", {"one"});
    FakeUnit three("three");
    one.add("first");
    three.add("first");
    const Plan approved = plan_of({&one, &two, &three});
    const Run run = world.run({&one, &two, &three}, approved);
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(run.units[1].result == UnitResult::converged);  // three
    CHECK(run.units[2].result == UnitResult::failed);
    CHECK(run.exit_status() == 1);
    CHECK(observe_all({&one, &two, &three}, 2, world.progress).size() == 2);
}

TEST_CASE("after a stop request no step is begun, and the one that runs ends") {
    World world;
    FakeUnit one("one");
    FakeUnit two("two");
    one.add("first");
    one.add("second");
    two.add("first");
    world.options.parallel = 1;
    one.scripts["first"] = [&world](FakeUnit&) -> Outcome {
        world.stop.store(1);
        return Done{};
    };
    const Run run = world.run({&one, &two}, plan_of({&one, &two}));
    CHECK(one.log == Lines{"first"});
    CHECK(two.log.empty());
    CHECK(run.units[0].result == UnitResult::stopped);
    CHECK(results(run.units[0]) == Lines{"first done", "second skipped"});
    CHECK(run.units[1].result == UnitResult::stopped);
    CHECK(run.exit_status() == 1);
}

TEST_CASE("what waits for an authority is looked at in growing intervals until it is there") {
    World world;
    world.options.wait = std::chrono::hours(1);
    world.options.seed = 7;
    FakeUnit pool("pool");
    const StepId wait = pool.add_wait("wait", WaitKind::authority);
    const StepId install = pool.add("install", {wait});
    static_cast<void>(install);
    FakeUnit other("other");
    other.add("first");
    int looks = 0;
    pool.on_observe = [&looks](FakeUnit& unit) {
        if (++looks == 6) {
            unit.remove("wait");
            unit.steps[0].after.clear();
        }
    };
    const Run run = world.run({&pool, &other}, plan_of({&pool, &other}));
    CHECK(run.exit_status() == 0);
    const std::vector<Seconds> slept = world.clock.slept();
    REQUIRE(slept.size() == 6);
    CHECK(slept[0] >= Seconds(3));
    CHECK(slept[0] <= Seconds(7));
    CHECK(slept[5] >= Seconds(45));
    CHECK(slept[5] <= Seconds(75));
    CHECK(contains(other.log, "first"));
    CHECK(std::count(other.log.begin(), other.log.end(), "observe") == 1);  // not looked at again
    const Lines lines = world.progress.lines();
    CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.find(": waiting for the officer, next look in ") != std::string::npos;
    }));
    CHECK(std::count(lines.begin(), lines.end(), "pool converged") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "pool waiting") == 0);
}

TEST_CASE("waiting ends when its time is up, and never sleeps beyond it") {
    World world;
    world.options.wait = Seconds(100);
    FakeUnit pool("pool");
    pool.add_wait("wait", WaitKind::authority);
    const Instant before = world.clock.now();
    const Run run = world.run({&pool}, plan_of({&pool}));
    CHECK(world.clock.now() - before == Seconds(100));
    CHECK(run.exit_status() == 3);
    CHECK(contains(world.progress.lines(), "pool waiting"));
}

TEST_CASE("nobody is polled for a person, and a stop request ends the waiting") {
    World world;
    world.options.wait = Seconds(1000);
    FakeUnit pool("pool");
    SUBCASE("a person") {
        pool.add_wait("wait", WaitKind::person);
        const Run run = world.run({&pool}, plan_of({&pool}));
        CHECK(world.clock.slept().empty());
        CHECK(run.exit_status() == 3);
    }
    SUBCASE("a stop") {
        pool.add_wait("wait", WaitKind::authority);
        world.clock.on_sleep = [&world] { world.stop.store(1); };
        static_cast<void>(world.run({&pool}, plan_of({&pool})));
        CHECK(world.clock.slept().size() == 1);
    }
}

TEST_CASE("a pool goes on when the authority it needs has got its answer") {
    World world;
    world.options.wait = Seconds(600);
    FakeUnit ca("authority/ca");
    FakeUnit pool("pool", {"authority/ca"});
    ca.add_wait("wait", WaitKind::authority);
    const StepId birth = ca.add("birth", {step_id(ca.steps[0])});
    pool.add("trust", {birth});
    ca.on_observe = [](FakeUnit& unit) {
        unit.remove("wait");
        unit.steps[0].after.clear();
    };
    const std::vector<Unit*> units{&ca, &pool};
    const Run run = world.run(units, plan_of(units));
    CHECK(contains(pool.log, "trust"));
    CHECK(run.exit_status() == 0);
}

TEST_CASE("units run at once, at most so many, and the run reads the same whatever the threads") {
    World world;
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    std::vector<std::unique_ptr<FakeUnit>> pools;
    std::vector<Unit*> units;
    FakeUnit ca("authority/ca");
    ca.add("birth");
    units.push_back(&ca);
    for (int i = 0; i < 40; ++i) {
        pools.push_back(std::make_unique<FakeUnit>("pool" + std::to_string(100 + i),
                                                   std::vector<UnitId>{"authority/ca"}));
        for (int k = 0; k < 5; ++k) {
            const std::string name = "step" + std::to_string(k);
            pools.back()->add(name);
            pools.back()->scripts[name] = [&running, &most](FakeUnit&) -> Outcome {
                const int now = ++running;
                int known = most.load();
                while (now > known && !most.compare_exchange_weak(known, now)) {
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                --running;
                return Done{};
            };
        }
        units.push_back(pools.back().get());
    }
    const Plan approved = plan_of(units);
    world.options.parallel = 4;
    const Run run = world.run(units, approved);
    CHECK(run.exit_status() == 0);
    CHECK(most.load() <= 4);
    CHECK(most.load() >= 2);
    REQUIRE(run.units.size() == 41);
    CHECK(std::is_sorted(run.units.begin() + 1, run.units.end(), [](const UnitRun& a, const UnitRun& b) {
        return a.unit < b.unit;
    }));
    const Lines lines = world.progress.lines();
    const auto born = std::find(lines.begin(), lines.end(), "authority/ca converged");
    CHECK(std::find(lines.begin(), born, "started step0") == born);
}

TEST_CASE("a unit that could not be planned is left alone, and refuses nobody else's steps") {
    World world;
    FakeUnit bad("bad");
    FakeUnit good("good");
    bad.add("first");
    good.add("first");
    const Diagnostic why = Error("gone", "gone").diagnostic();
    const Plan approved = plan_all({&bad, &good}, {}, "r", {}, {{"bad", why}});
    const Run run = world.run({&bad, &good}, approved);
    CHECK_FALSE(run.refused);
    CHECK(bad.log.empty());
    CHECK(run.units[0].result == UnitResult::failed);
    CHECK(run.units[0].text == "gone");
    CHECK(run.units[1].result == UnitResult::converged);
    CHECK(run.exit_status() == 1);
}

TEST_CASE("a unit that could not be observed or planned is in the plan as failed") {
    FakeUnit one("one");
    FakeUnit two("two");
    FakeUnit three("three");
    two.on_plan = [](const PlanInputs&) { throw Error("odd", "odd"); };
    three.add("first");
    const Plan plan = plan_all({&three, &two, &one},
                               {},
                               "r",
                               {},
                               {{"one", Diagnostic{Severity::error, "gone", "gone", {}, "", ""}}});
    REQUIRE(plan.units.size() == 3);
    CHECK(plan.units[0].overview.state == UnitState::failed);
    CHECK(plan.units[0].diagnostics[0].code == "gone");
    CHECK(plan.units[1].overview.unit == "three");
    CHECK(plan.units[2].diagnostics[0].code == "odd");
    CHECK(exit_status(plan) == 1);
}

}  // namespace edgecert::test
