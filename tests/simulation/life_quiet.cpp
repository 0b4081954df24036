// What comes when nothing goes wrong any more: it converges, and stays silent.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/simulation/events.h"
#include "tests/simulation/living.h"
#include "tests/simulation/remedies.h"

namespace edgecert::simulation {

namespace {

constexpr int most_quiet_runs = 16;

bool is_settled(const Run& run) {
    return !run.refused && std::all_of(run.units.begin(), run.units.end(), [](const UnitRun& unit) {
        return unit.result == UnitResult::converged;
    });
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

}  // namespace

void Life::quiet() {
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
    judge_.remember_what_serves();
    PlanInputs inputs;
    std::string left;
    for (int i = 0; i < most_quiet_runs && going(); ++i) {
        const int issued = issue_all_pending(world_);
        world_.now += std::chrono::minutes{61};
        inputs.at = world_.now;
        judge_.tell("quiet run " + std::to_string(i + 1) + " at " + to_rfc3339(world_.now) +
                    (issued > 0 ? ", after officers issued " + std::to_string(issued) : ""));
        Process process(world_, fleet_, "quiet", judge_, statistics_);
        const Ground ground = ground_now();
        const std::uint64_t writes = ground.writes;
        const Attempt done = attempt(process, std::nullopt, inputs);
        if (!done.run) {
            judge_.violate("convergence", "a run died although nothing goes wrong");
            return;
        }
        judge(process, done, ground);
        if (world_.gone.empty()) {
            judge_.nothing_half_switched(*done.plan);
        }
        const Remedies remedies = remedies_for(*done.run, fleet_, world_);
        const PlanInputs before = inputs;
        inputs = remedies.inputs;
        if (world_.writes == writes) {
            remember(before, inputs);
        }
        for (const std::string& line : remedies.story) {
            judge_.tell("  " + line);
        }
        left = remedies.left;
        const bool for_the_clock = left.find("not-yet-valid") != std::string::npos;
        const bool silent = !for_the_clock && world_.writes == writes && remedies.inputs == PlanInputs{} &&
                            !remedies.acted && issued == 0;
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
                       "not converged after " + std::to_string(most_quiet_runs) + " quiet runs",
                       ": " + left);
    }
}

void Life::silence(const Run& before, bool nothing_asked) {
    judge_.tell("once more: it has to stay silent");
    PlanInputs inputs;
    inputs.at = world_.now;
    Process process(world_, fleet_, "silent", judge_, statistics_);
    const Ground ground = ground_now();
    const Attempt done = attempt(process, std::nullopt, inputs);
    if (done.run) {
        judge(process, done, ground);
    }
    if (!done.run || world_.writes != ground.writes) {
        judge_.violate("silence", "a converged fleet was changed once more");
    } else if (nothing_asked && done.run->exit_status() != before.exit_status()) {
        judge_.violate("silence", "the exit status changes by itself");
    } else if (is_settled(*done.run)) {
        wait_for_change(process.units());
    }
}

void Life::wait_for_change(const std::vector<Unit*>& units) {
    PlanInputs inputs;
    inputs.at = world_.now;
    std::optional<Instant> when;
    UnitId whose;
    for (Unit* unit : units) {
        const auto next = unit->plan(inputs).overview.next_change;
        if (next && (!when || *next < *when)) {
            when = next;
            whose = unit->id();
        }
    }
    if (!when) {
        return;
    }
    world_.now = std::max(world_.now, *when - Seconds{1});
    inputs.at = world_.now;
    judge_.tell("just before " + to_rfc3339(*when) + ", when " + whose + " changes next");
    Process early(world_, fleet_, "early", judge_, statistics_);
    const std::uint64_t writes = world_.writes;
    const Attempt silent = attempt(early, std::nullopt, inputs);
    if (!silent.run || world_.writes != writes || silent.run->exit_status() != 0) {
        judge_.violate("silence",
                       "something was done before " + to_rfc3339(*when) + ", and nothing was announced");
        return;
    }
    world_.now = std::max(world_.now, *when);
    inputs.at = world_.now;
    judge_.tell("and then");
    Process late(world_, fleet_, "late", judge_, statistics_);
    const Ground ground = ground_now();
    const Attempt done = attempt(late, std::nullopt, inputs);
    if (!done.run || !done.plan) {
        judge_.violate("convergence", "a run died although nothing goes wrong");
        return;
    }
    judge(late, done, ground);
    for (const UnitPlan& unit : done.plan->units) {
        const auto& next = unit.overview.next_change;
        if (unit.overview.unit == whose && unit.steps.empty() && (!next || *next <= inputs.at)) {
            judge_.violate("silence",
                           whose + " announced a change for " + to_rfc3339(*when) +
                               ", and then there is neither a change nor a later one");
        }
    }
}

}  // namespace edgecert::simulation
