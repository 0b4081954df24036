// Runs, crashes, restarts, and what comes when nothing goes wrong any more.
#include "tests/simulation/life.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/events.h"
#include "tests/simulation/process.h"
#include "tests/simulation/remedies.h"
#include "tests/simulation/turns.h"

namespace edgecert::simulation {

namespace {

constexpr int most_points = 20000;  // of one life: more is a circle
constexpr int most_restarts = 4;
constexpr int most_quiet_runs = 16;

bool is_settled(const Run& run) {
    return !run.refused && std::all_of(run.units.begin(), run.units.end(), [](const UnitRun& unit) {
        return unit.result == UnitResult::converged;
    });
}

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

// Who was told two things one after the other, and neither helped, tries both.
void remember(const PlanInputs& before, PlanInputs& inputs) {
    const auto add = [](const std::vector<std::string>& from, std::vector<std::string>& to) {
        to.insert(to.end(), from.begin(), from.end());
        std::sort(to.begin(), to.end());
        to.erase(std::unique(to.begin(), to.end()), to.end());
    };
    add(before.retry, inputs.retry);
    add(before.resubmit, inputs.resubmit);
}

class Life {
public:
    Life(const Scenario& scenario,
         Mint& mint,
         Statistics& statistics,
         const std::function<void(const std::string&)>& tell)
        : scenario_(scenario),
          statistics_(statistics),
          chance_(scenario.seed ^ 0x5eed5eed5eedULL),
          world_(mint, scenario.seed ^ 0xe27ULL),
          judge_(world_, fleet_, statistics) {
        world_.tell = tell;
        world_.now = beginning();
        world_.judge = &judge_;
        world_.faults = scenario.faults;
        judge_.on_interlude = [this](const Fault& fault) { return interlude(fault); };
        for (const AuthorityPlan& plan : scenario.authorities) {
            world_.authorities[plan.ca.name] = std::make_shared<SimCa>(plan.ca);
            fleet_.authorities.push_back(plan.spec);
            if (plan.ca.kind != SimCaKind::local) {
                fleet_.authorities.back().roots.push_back(
                    mint.chain(plan.ca.name, plan.ca.generation, plan.ca.born).root->sha256);
            }
        }
        fleet_.pools = scenario.pools;
        for (auto& [name, ca] : world_.authorities) {
            ca->was_born = ca->exists;
        }
        build_machines(fleet_, scenario, world_);
        for (const auto& [directory, minutes] : scenario.skew) {
            world_.skew[directory] = std::chrono::minutes{minutes};
        }
    }

    std::optional<Violation> live() {
        happen(-1);
        for (std::size_t round = 0; round < scenario_.pauses.size() && going(); ++round) {
            world_.now += std::chrono::minutes{scenario_.pauses[round]};
            happen(static_cast<int>(round));
            judge_.tell("run " + std::to_string(round + 1) + " at " + to_rfc3339(world_.now));
            run_with_others(round);
        }
        if (going()) {
            quiet();
        }
        ++statistics_.lives;
        statistics_.points += static_cast<std::uint64_t>(world_.point);
        return judge_.violation();
    }

private:
    struct Attempt {
        std::optional<Plan> plan{};
        std::optional<Run> run{};  // none: it died
    };

    [[nodiscard]] bool going() const { return !judge_.violation(); }

    void happen(int round) {
        for (const Event& event : scenario_.events) {
            if (event.round != round) {
                continue;
            }
            Chance chance(event.chance);
            const bool people = is_by_people(event.what);
            const std::string done = people ? let_people_act(event.what, chance)
                                            : edit_manifest(event.what, chance, fleet_, world_);
            build_machines(fleet_, scenario_, world_);
            judge_.disturb();
            if (!done.empty()) {
                judge_.tell("  e" + std::to_string(event.number) + ": " + std::string(to_text(event.what)) +
                            ": " + done);
            }
        }
    }

    std::string let_people_act(Happening what, Chance& chance) {
        judge_.people_begin();
        const std::string done = people_act(what, chance, fleet_, world_);
        judge_.people_ended();
        return done;
    }

    // Somebody acts while a step is under way.
    bool interlude(const Fault& fault) {
        Chance chance(static_cast<std::uint64_t>(fault.subject));
        if (fault.kind == FaultKind::person) {
            // Most of all what a run relies on.
            const auto what =
                !fault.aim.empty() && chance.one_in(2) ? Happening::repoint_by_hand
                : chance.one_in(3)                     ? Happening::delete_key
                : chance.one_in(3)
                    ? Happening::point_by_hand
                    : static_cast<Happening>(first_by_people + chance.below(happenings - first_by_people));
            if (what == Happening::new_machine && world_.away.empty()) {
                return false;  // machines are not replaced in the middle of a step
            }
            const std::string done = let_people_act(what, chance);
            judge_.tell("      " + std::string(to_text(what)) + (done.empty() ? ": nothing" : ": " + done));
            return !done.empty();
        }
        judge_.tell("    -- another controller runs");
        Process other(world_, fleet_, "another controller", judge_, statistics_);
        PlanInputs inputs;
        inputs.at = world_.now;
        static_cast<void>(attempt(other, std::nullopt, inputs));
        judge_.tell("    -- the other controller has ended");
        return false;
    }

    Attempt attempt(Process& process, const std::optional<Plan>& approved, const PlanInputs& inputs) {
        Attempt result;
        ++statistics_.runs;
        judge_.run_begins();
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
        judge_.performing(Action::wait);
        if (world_.point > most_points) {
            judge_.violate("termination", "a life of more than " + std::to_string(most_points) + " points");
        }
        return result;
    }

    PlanInputs inputs_now(std::size_t round) {
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
            judge_.resubmission_allowed();
            judge_.tell("  --resubmit " + address);
        }
        return inputs;
    }

    // The run, and perhaps other controllers at the same time, whose clocks differ from everybody's.
    void run_with_others(std::size_t round) {
        const int others = scenario_.others.at(round);
        const PlanInputs inputs = inputs_now(round);
        if (others == 0) {
            run_with_restarts(inputs);
            return;
        }
        judge_.tell("  and " + std::to_string(others) + " more at the same time");
        ++statistics_.together;
        std::vector<std::function<void()>> bodies{[&] { run_with_restarts(inputs); }};
        for (int i = 1; i <= others; ++i) {
            bodies.emplace_back([this, i] {
                const Seconds fast = std::chrono::minutes{chance_.below(240) - 120};
                Process other(
                    world_, fleet_, "controller " + std::to_string(i + 1), judge_, statistics_, fast);
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
                turns.pass();
            }
        };
        turns.run(bodies);
        world_.pass_the_turn = nullptr;
    }

    void run_with_restarts(PlanInputs inputs) {
        std::optional<Plan> approved;
        int approved_at = 0;  // the count of disturbances when it was made
        for (int start = 0; start <= most_restarts && going(); ++start) {
            Process process(world_, fleet_, "run", judge_, statistics_);
            const int disturbances = approved ? approved_at : judge_.disturbances();
            const std::uint64_t writes = world_.writes;
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
                    !inputs.until_installed && !world_.pass_the_turn &&
                    judge_.disturbances() == disturbances) {
                    judge_.nothing_half_switched(*done.plan);
                }
                judge(process, done, judge_.disturbances() == disturbances, writes);
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

    // A fresh process looks without touching anything: what it plans fits what was approved.
    void look_after_crash(const Plan& approved) {
        Process process(world_, fleet_, "after the crash", judge_, statistics_);
        const int disturbances = judge_.disturbances();
        try {
            const Plan fresh = process.look_and_plan(approved.inputs);
            if (!process.controller().dead() && judge_.disturbances() == disturbances) {
                judge_.i6_fits_after_a_crash(approved, fresh);
            }
        } catch (const Crash&) {
            judge_.tell("    it dies again while it looks");
        }
    }

    void judge(Process& process, const Attempt& done, bool undisturbed, std::uint64_t writes) {
        const Run& run = *done.run;
        const bool alone = !world_.pass_the_turn;
        undisturbed = undisturbed && alone;
        const int status = run.exit_status();
        judge_.tell("  exit status " + std::to_string(status) + (run.refused ? ": " + run.refusal : ""));
        if (undisturbed) {
            judge_.i12_empty_plan_writes_nothing(*done.plan, writes);
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
        if (status == 0 && whole && undisturbed && !process.controller().dead()) {
            judge_.i3_one_certificate_everywhere(run);
            PlanInputs later;
            later.at = std::max(done.plan->inputs.at, world_.now);
            judge_.i7_stays_empty(process.units(), later, chance_);
        }
        const Plan again = plan_all(process.units(), done.plan->inputs, "simulated", {}, {});
        judge_.i8_same_plan(process.units(), again, {});
        judge_.i11_no_secret(*done.plan, run, chance_.one_in(24));
    }

    // Nothing goes wrong any more, and everybody does what is asked of him: it converges, and falls silent.
    void quiet() {
        world_.quiet = true;
        world_.away.clear();
        world_.flapping.clear();
        for (const auto& [place, server] : world_.servers) {
            if (server->disk) {
                server->disk->calm();  // trouble that was to come with a later call does not come any more
            }
        }
        world_.now = std::max(world_.now, world_.latest);
        judge_.tell("nothing goes wrong any more");
        PlanInputs inputs;
        std::string left;
        for (int i = 0; i < most_quiet_runs && going(); ++i) {
            const int issued = issue_all_pending(world_);
            world_.now += std::chrono::minutes{61};
            inputs.at = world_.now;
            judge_.tell("quiet run " + std::to_string(i + 1) + " at " + to_rfc3339(world_.now) +
                        (issued > 0 ? ", after officers issued " + std::to_string(issued) : ""));
            Process process(world_, fleet_, "quiet", judge_, statistics_);
            const std::uint64_t writes = world_.writes;
            const Attempt done = attempt(process, std::nullopt, inputs);
            if (!done.run) {
                judge_.violate("convergence", "a run died although nothing goes wrong");
                return;
            }
            judge(process, done, true, writes);
            if (world_.gone.empty()) {
                judge_.nothing_half_switched(*done.plan);
            }
            const Remedies remedies = remedies_for(*done.run, fleet_, world_);
            const PlanInputs before = inputs;
            inputs = remedies.inputs;
            if (world_.writes == writes) {
                remember(before, inputs);
            }
            if (!inputs.resubmit.empty()) {
                judge_.resubmission_allowed();
            }
            for (const std::string& line : remedies.story) {
                judge_.tell("  " + line);
            }
            left = remedies.left;
            const bool for_the_clock = left.find("not-yet-valid") != std::string::npos;
            const bool silent = !for_the_clock && world_.writes == writes &&
                                remedies.inputs == PlanInputs{} && !remedies.acted && issued == 0;
            if (is_settled(*done.run) || (silent && !world_.gone.empty())) {
                judge_.the_rest_converged(*done.run);
                if (going()) {
                    PlanInputs asked = before;
                    asked.at = {};
                    silence(*done.run, asked == PlanInputs{});
                }
                return;
            }
        }
        if (going()) {
            judge_.violate("convergence",
                           "not converged after " + std::to_string(most_quiet_runs) + " quiet runs: " + left);
        }
    }

    void silence(const Run& before, bool nothing_asked) {
        judge_.tell("once more: it has to stay silent");
        PlanInputs inputs;
        inputs.at = world_.now;
        Process process(world_, fleet_, "silent", judge_, statistics_);
        const std::uint64_t writes = world_.writes;
        const Attempt done = attempt(process, std::nullopt, inputs);
        if (!done.run || world_.writes != writes) {
            judge_.violate("silence", "a converged fleet was changed once more");
        } else if (nothing_asked && done.run->exit_status() != before.exit_status()) {
            judge_.violate("silence", "the exit status changes by itself");
        }
    }

    const Scenario& scenario_;
    Statistics& statistics_;
    Chance chance_;
    Fleet fleet_{};
    SimWorld world_;
    Judge judge_;
};

}  // namespace

std::optional<Violation> live(const Scenario& scenario,
                              Mint& mint,
                              Statistics& statistics,
                              const std::function<void(const std::string&)>& tell) {
    mint.forget_some();
    return Life(scenario, mint, statistics, tell).live();
}

}  // namespace edgecert::simulation
