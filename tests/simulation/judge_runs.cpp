// The invariants that whole runs have to keep: I2 after a failure, I6, I7, I8, I12.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/fit.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

std::string first_step(const Plan& plan) {
    for (const UnitPlan& unit : plan.units) {
        if (!unit.steps.empty()) {
            const Step& step = unit.steps.front();
            return step.unit + ": " + std::string(to_text(step.action)) + " " + step.server + " " +
                   step.role + step.certificate + (step.wait ? " " + step.wait->code : "");
        }
    }
    return "";
}

bool is_empty(const Plan& plan) {
    return std::all_of(
        plan.units.begin(), plan.units.end(), [](const UnitPlan& unit) { return unit.steps.empty(); });
}

}  // namespace

namespace {

// A plan approves the way back of what it switches itself; what another plan did is for the next one.
bool switches(const Plan& plan,
              const std::string& pool,
              const std::string& server,
              const RoleRecord& record) {
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            const bool here = unit.overview.unit == pool && step.action == Action::assign_role &&
                              step.server == server && step.role == record.role && !step.fields.empty();
            if (here && (is_way_back(step) || step.fields.front().before == record.previous)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

// A pool whose certificate was rejected is back at what it had before, wherever that can be.
void Judge::nothing_half_switched(const Plan& approved) {
    count(2);
    for (const Pool& pool : fleet_.pools) {
        std::set<std::pair<std::string, CertificateId>> rejected;
        std::set<std::pair<std::string, CertificateId>> ever;  // nothing goes back to these
        for (const CertificateSpec& spec : pool.certificates) {
            const std::string requirement = digest(spec.requirement);
            for (const ServerSpec& server : pool.servers) {
                for (const RoleRecord& record : world_.servers.at(server.store.directory)->state.roles) {
                    for (const Rejection& one : record.rejected) {
                        const bool of_it =
                            std::find(spec.roles.begin(), spec.roles.end(), record.role) != spec.roles.end();
                        const bool counts = of_it && !server.absent && one.requirement == requirement &&
                                            record.pool == pool.name;
                        ever.emplace(record.role, one.certificate);
                        if (counts) {
                            rejected.emplace(record.role, one.certificate);
                        }
                    }
                }
            }
        }
        for (const ServerSpec& server : pool.servers) {
            StoreState& state = world_.servers.at(server.store.directory)->state;
            for (const RoleRecord& record : state.roles) {
                const PersonalEntry* previous = find_entry(state, record.previous);
                const bool way_back = previous != nullptr && previous->key == KeyState::present &&
                                      previous->certificate->not_after > world_.now &&
                                      !ever.contains({record.role, record.previous});
                if (!server.absent && !server.outside && way_back &&
                    switches(approved, pool.name, server.name, record) &&
                    rejected.contains({record.role, record.assigned})) {
                    violate("I2",
                            record.role + " on " + server.store.directory +
                                " stays at a rejected certificate, and what it had before is there");
                }
            }
        }
    }
}

namespace {

// To a request that was sent before.
bool had_an_answer(const UnitPlan& approved) {
    const auto& steps = approved.steps;
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
        return step.action == Action::collect_certificate &&
               std::none_of(steps.begin(), steps.end(), [&](const Step& other) {
                   return other.action == Action::submit_request && other.certificate == step.certificate;
               });
    });
}

}  // namespace

// After any crash the fresh plan fits the approved one. A CA that had an answer and cannot be asked now
// leaves a request open that was to be over, and with it what open requests need.
void Judge::i6_fits_after_a_crash(const Plan& approved,
                                  const Plan& fresh,
                                  const std::set<UnitId>& unanswered) {
    count(6);
    for (const UnitPlan& unit : fresh.units) {
        const auto same =
            std::find_if(approved.units.begin(), approved.units.end(), [&](const UnitPlan& one) {
                return one.overview.unit == unit.overview.unit;
            });
        if (same == approved.units.end()) {
            continue;
        }
        if (unanswered.contains(unit.overview.unit) && had_an_answer(*same)) {
            continue;
        }
        if (const auto why = misfit(*same, unit)) {
            violate("I6", "after the crash: " + *why);
        }
    }
}

// After exit 0 the plan is empty until an instant that the planner can name.
void Judge::i7_stays_empty(const std::vector<Unit*>& units, const PlanInputs& inputs, Chance& chance) {
    count(7);
    for (Unit* unit : units) {
        PlanInputs later;
        later.at = inputs.at;
        const UnitPlan now = unit->plan(later);
        const Seconds span = now.overview.next_change ? *now.overview.next_change - later.at - Seconds{1}
                                                      : Seconds{std::chrono::days{30}};
        for (const Seconds ahead : {Seconds{0}, Seconds{span.count() * chance.below(100) / 100}, span}) {
            later.at = inputs.at + std::max(ahead, Seconds{0});
            const UnitPlan plan = unit->plan(later);
            if (!plan.steps.empty()) {
                const Step& step = plan.steps.front();
                violate("I7",
                        "the run ended with 0, and " + to_words(ahead) +
                            " later there is something to do, without a word of it: " + step.unit + ": " +
                            std::string(to_text(step.action)) + " " + step.server + " " + step.role +
                            (step.reasons.empty() ? "" : " (" + step.reasons.front().code + ")"));
                return;
            }
        }
    }
}

// Same manifests, same observation, same time: same plan, whatever the order of input.
void Judge::i8_same_plan(const std::vector<Unit*>& units, const Plan& plan, const Failures& unobserved) {
    count(8);
    const std::vector<Unit*> backwards(units.rbegin(), units.rend());
    const Plan again = plan_all(backwards, plan.inputs, plan.requirements, {}, unobserved);
    if (again.id != plan.id || !(again == plan)) {
        violate("I8", "the same view gave two different plans");
    }
}

// An empty plan changes no store, CA or outbox.
void Judge::i12_empty_plan_writes_nothing(const Plan& plan, std::uint64_t writes_before) {
    if (!is_empty(plan)) {
        return;
    }
    count(12);
    if (world_.writes != writes_before) {
        violate("I12", "an empty plan wrote something " + first_step(plan));
    }
}

}  // namespace edgecert::simulation
