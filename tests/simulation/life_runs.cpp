// Runs, crashes, restarts: and what is judged of each.
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/living.h"
#include "tests/simulation/turns.h"

namespace edgecert::simulation {

namespace {

constexpr int most_points = 20000;  // of one life: more is a circle
constexpr int most_restarts = 4;

// Only asking shows what a CA answered long ago to a request that nobody knew the end of: when that does not
// do any more, the request that is needed instead was not approved.
bool is_surprised_by_an_answer(const UnitRun& unit) {
    const bool asked = std::any_of(unit.records.begin(), unit.records.end(), [](const StepRecord& record) {
        const Step& step = record.step;
        const bool unfinished = !step.reasons.empty() && step.reasons.front().code == "submission-unfinished";
        return (step.action == Action::submit_request && unfinished) ||
               (step.action == Action::collect_certificate && record.result == StepResult::waiting &&
                record.text.find("does not do") != std::string::npos);
    });
    return asked && unit.text.find("create-request") != std::string::npos;
}

}  // namespace

Life::Attempt Life::attempt(Process& process, const std::optional<Plan>& approved, const PlanInputs& inputs) {
    Attempt result;
    ++statistics_.runs;
    judge_.run_begins(process.controller(), approved ? approved->inputs : inputs);
    judge_.performing(Action::wait);
    try {
        if (approved) {
            result.plan = approved;
            result.run = process.carry_out(*approved, false);
        } else {
            result.plan = process.look_and_plan(inputs);
            tell_plan(*result.plan, world_);
            if (process.controller().dead()) {
                result.plan.reset();  // nobody ever saw it
            } else {
                if (!process.controller().disturbed() && !world_.pass_the_turn) {
                    judge_.order_is_promised(*result.plan);
                }
                result.run = process.carry_out(*result.plan, true);
            }
        }
    } catch (const Crash&) {
        result.run.reset();
    } catch (const std::exception& error) {
        judge_.violate("exception", error.what());
    }
    if (process.controller().dead()) {
        judge_.tell("    the controller has died");
        result.run.reset();
    }
    judge_.run_ends(process.controller());
    judge_.performing(Action::wait);
    if (world_.point > most_points) {
        judge_.violate("termination", "a life of more than " + std::to_string(most_points) + " points");
    }
    return result;
}

PlanInputs Life::inputs_now(std::size_t round) {
    PlanInputs inputs;
    inputs.at = world_.now;
    inputs.until_installed = chance_.one_in(16);
    if (!scenario_.targets.at(round).empty()) {
        inputs.targets.push_back(scenario_.targets[round]);
        judge_.tell("  only " + scenario_.targets[round]);
    }
    // Operators are impatient, also where nothing is the matter.
    const Pool& pool = fleet_.pools.front();
    const std::string address = pool.name + "/" + pool.certificates.front().name;
    if (chance_.one_in(16)) {
        inputs.retry.push_back(address);
        judge_.tell("  --retry " + address);
    } else if (chance_.one_in(24)) {
        inputs.resubmit.push_back(address);
        judge_.tell("  --resubmit " + address);
    }
    return inputs;
}

void Life::run_with_others(std::size_t round) {
    const int others = scenario_.others.at(round);
    const PlanInputs inputs = inputs_now(round);
    if (others == 0) {
        run_with_restarts(inputs);
        return;
    }
    judge_.tell("  and " + std::to_string(others) + " more at the same time");
    ++statistics_.together;
    judge_.several_begin();
    std::vector<std::function<void()>> bodies{[&] { run_with_restarts(inputs); }};
    for (int i = 1; i <= others; ++i) {
        bodies.emplace_back([this, i] {
            const Seconds fast = std::chrono::minutes{chance_.below(240) - 120};
            Process other(world_, fleet_, "controller " + std::to_string(i + 1), judge_, statistics_, fast);
            PlanInputs theirs;
            theirs.at = world_.now + fast;
            judge_.disturb();
            static_cast<void>(attempt(other, std::nullopt, theirs));
            judge_.disturb();
        });
    }
    Turns turns([this](int count) { return chance_.below(count); });
    world_.pass_the_turn = [this, &turns] {
        if (chance_.one_in(3)) {
            const Action own = judge_.action();
            turns.pass();
            judge_.performing(own);
        }
    };
    turns.run(bodies);
    world_.pass_the_turn = nullptr;
}

void Life::run_with_restarts(PlanInputs inputs) {
    std::optional<Plan> approved;
    int approved_at = 0;  // the count of disturbances when it was made
    for (int start = 0; start <= most_restarts && going(); ++start) {
        Process process(world_, fleet_, "run", judge_, statistics_);
        const int disturbances = approved ? approved_at : judge_.disturbances();
        Ground ground = ground_now();
        ground.disturbances = disturbances;
        const int faults = judge_.other_faults();
        const int all_faults = judge_.faults();
        const bool from_here = !approved;
        const Attempt done = attempt(process, approved, inputs);
        if (done.run) {
            if (from_here && all_faults == judge_.faults() && !world_.pass_the_turn &&
                judge_.disturbances() == disturbances) {
                judge_.foreseen(*done.run);
            }
            const bool in_touch = world_.gone.empty() && world_.away.empty() && world_.flapping.empty();
            if (in_touch && faults == judge_.other_faults() && inputs.targets.empty() &&
                !inputs.until_installed && !world_.pass_the_turn && judge_.disturbances() == disturbances) {
                judge_.nothing_half_switched(*done.plan);
            }
            judge(process, done, ground);
            return;
        }
        const bool same_ground = judge_.disturbances() == disturbances;
        world_.now += std::chrono::minutes{chance_.below(3)};
        approved.reset();
        if (done.plan && same_ground && going()) {
            look_after_crash(*done.plan);
            if (chance_.one_in(2)) {
                judge_.tell("  the approved plan is applied again");
                approved = done.plan;
                approved_at = disturbances;
            }
        }
        inputs.at = approved ? inputs.at : world_.now;
    }
}

void Life::look_after_crash(const Plan& approved) {
    Process process(world_, fleet_, "after the crash", judge_, statistics_);
    const int disturbances = judge_.disturbances();
    try {
        const Plan fresh = process.look_and_plan(approved.inputs);
        if (!process.controller().dead() && judge_.disturbances() == disturbances) {
            judge_.i6_fits_after_a_crash(approved, fresh, process.unanswered());
        }
    } catch (const Crash&) {
        judge_.tell("    it dies again while it looks");
    }
}

Life::Ground Life::ground_now() const {
    return {judge_.disturbances(), judge_.deceptions(), judge_.others(), world_.writes};
}

void Life::judge(Process& process, const Attempt& done, const Ground& before) {
    const Run& run = *done.run;
    const bool alone = !world_.pass_the_turn && judge_.others() == before.others;
    const bool undisturbed = alone && judge_.disturbances() == before.disturbances;
    const bool undeceived = alone && judge_.deceptions() == before.deceptions;
    const int status = run.exit_status();
    judge_.tell("  exit status " + std::to_string(status) + (run.refused ? ": " + run.refusal : ""));
    if (alone) {
        judge_.i12_empty_plan_writes_nothing(*done.plan, before.writes);
    }
    if (undisturbed) {
        for (const UnitRun& unit : run.units) {
            if (unit.result == UnitResult::misfit && !is_surprised_by_an_answer(unit)) {
                judge_.violate("I6", "nobody disturbed the run, and " + unit.text);
            }
            for (const StepRecord& record : unit.records) {
                if (record.why && record.why->code == "no-effect") {
                    judge_.violate("no effect", brief(record.step) + ": " + record.text);
                }
            }
        }
    }
    if (status == 0) {
        ++statistics_.converged;
    }
    const bool whole = done.plan->inputs.targets.empty() && !done.plan->inputs.until_installed;
    if (status == 0 && whole && undeceived && !process.controller().dead()) {
        judge_.i3_one_certificate_everywhere(run, done.plan->inputs.at);
    }
    if (status == 0 && whole && undisturbed && !process.controller().dead()) {
        PlanInputs later;
        later.at = std::max(done.plan->inputs.at, world_.now);
        judge_.i7_stays_empty(process.units(), later, chance_);
    }
    const Plan again = plan_all(process.units(), done.plan->inputs, "simulated", {}, {});
    judge_.i8_same_plan(process.units(), again, {});
    judge_.i11_no_secret(*done.plan, run, chance_.one_in(24));
}

}  // namespace edgecert::simulation
