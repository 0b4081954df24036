// What a life begins with, what happens in it, and who acts in between.
#include "tests/simulation/life.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/events.h"
#include "tests/simulation/living.h"

namespace edgecert::simulation {

Life::Life(const Scenario& scenario,
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
    world_.guards = scenario.guards;
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

std::optional<Violation> Life::live() {
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

void Life::happen(int round) {
    for (const Event& event : scenario_.events) {
        if (event.round != round) {
            continue;
        }
        Chance chance(event.chance);
        const bool people = is_by_people(event.what);
        const std::string done =
            people ? let_people_act(event.what, chance) : edit_manifest(event.what, chance, fleet_, world_);
        build_machines(fleet_, scenario_, world_);
        judge_.disturb();
        if (!done.empty()) {
            judge_.tell("  e" + std::to_string(event.number) + ": " + std::string(to_text(event.what)) +
                        ": " + done);
        }
    }
}

std::string Life::let_people_act(Happening what, Chance& chance) {
    judge_.people_begin();
    const std::string done = people_act(what, chance, fleet_, world_);
    judge_.people_ended();
    return done;
}

bool Life::interlude(const Fault& fault) {
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
    const Action interrupted = judge_.action();
    static_cast<void>(attempt(other, std::nullopt, inputs));
    judge_.performing(interrupted);
    judge_.tell("    -- the other controller has ended");
    return false;
}

std::optional<Violation> live(const Scenario& scenario,
                              Mint& mint,
                              Statistics& statistics,
                              const std::function<void(const std::string&)>& tell) {
    mint.forget_some();
    return Life(scenario, mint, statistics, tell).live();
}

}  // namespace edgecert::simulation
