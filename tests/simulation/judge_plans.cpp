// What a plan promises by its order alone: whoever carries it out may take any step that is free.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

namespace {

using Ids = std::set<StepId>;

// Each step → all that comes before it. Steps stand in an order that keeps to `after`.
std::map<StepId, Ids> all_before(const UnitPlan& plan) {
    std::map<StepId, Ids> before;
    for (const Step& step : plan.steps) {
        Ids& ids = before[step.id];
        for (const StepId& id : step.after) {
            ids.insert(id);
            const auto known = before.find(id);
            if (known != before.end()) {
                ids.insert(known->second.begin(), known->second.end());
            }
        }
    }
    return before;
}

// One role's way on one server: from its assignment to the last confirmation.
struct Switch {
    const Step* assigned{};
    Ids steps{};
};

bool comes_before(const Switch& one, const Switch& other, const std::map<StepId, Ids>& before) {
    const Ids& earlier = before.at(other.assigned->id);
    return std::includes(earlier.begin(), earlier.end(), one.steps.begin(), one.steps.end());
}

bool brings(const Step& step, const Step& assigned) {
    const bool arrives =
        step.action == Action::install_certificate || step.action == Action::transfer_certificate;
    return arrives && step.certificate == assigned.certificate && step.object == assigned.object;
}

bool trusts(const Step& step, const Step& assigned) {
    return step.server == assigned.server &&
           (step.action == Action::trust_root || step.action == Action::trust_intermediate);
}

}  // namespace

void Judge::order_is_promised(const Plan& plan) {
    for (const Pool& pool : fleet_.pools) {
        for (const UnitPlan& unit : plan.units) {
            if (unit.overview.unit == pool.name) {
                count(2);
                order_is_promised(pool, unit);
            }
        }
    }
}

// Trust, then certificates with keys on every server in the barrier, then roles, at most maxUnavailable
// servers at once from their assignment until they are confirmed.
void Judge::order_is_promised(const Pool& pool, const UnitPlan& unit) {
    const auto before = all_before(unit);
    std::map<std::string, std::vector<Switch>> switches;  // by role
    for (const Step& step : unit.steps) {
        const bool from_something =
            step.action == Action::assign_role && !step.fields.empty() && !step.fields.front().before.empty();
        if (step.action != Action::assign_role || is_way_back(step)) {
            continue;
        }
        if (from_something && step.fields.front().before != step.fields.front().after) {
            switches[step.role].push_back({&step, {}});
        }
        bring_before(pool, unit, step, before.at(step.id));
    }
    for (auto& [role, list] : switches) {
        for (Switch& one : list) {
            for (const Step& step : unit.steps) {
                if (step.server == one.assigned->server && step.role == role &&
                    step.object == one.assigned->object) {
                    one.steps.insert(step.id);
                }
            }
        }
        for (const Switch& one : list) {
            const auto together = std::count_if(list.begin(), list.end(), [&](const Switch& other) {
                return other.assigned->object == one.assigned->object && !comes_before(one, other, before) &&
                       !comes_before(other, one, before);
            });
            if (together > pool.max_unavailable) {
                violate("I2",
                        "the plan lets " + role + " of " + pool.name + " be switched on " +
                            std::to_string(together) + " servers at once, " +
                            std::to_string(pool.max_unavailable) + " may be");
            }
        }
    }
}

// What an assignment stands on comes before it: trust on its own server, and for a switch the certificate on
// every server in the barrier. A server joins when another serves the certificate already.
void Judge::bring_before(const Pool& pool,
                         const UnitPlan& unit,
                         const Step& assigned_step,
                         const Ids& earlier) {
    std::set<CertificateId> ids;  // what its object is called, wherever it is
    for (const ServerSpec& server : pool.servers) {
        for (const PersonalEntry& entry : world_.servers.at(server.store.directory)->state.personal) {
            if (entry.id == assigned_step.object || entry.issuance == assigned_step.object) {
                ids.insert(entry.id);
            }
        }
    }
    const bool joins = std::any_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        const StoreState& state = world_.servers.at(server.store.directory)->state;
        return !server.absent && ids.contains(assigned(state, assigned_step.role));
    });
    for (const Step& step : unit.steps) {
        const auto server =
            std::find_if(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& one) {
                return one.name == step.server && !one.absent && !one.outside && !one.maintenance;
            });
        const bool needed =
            trusts(step, assigned_step) || (brings(step, assigned_step) && server != pool.servers.end() &&
                                            (!joins || step.server == assigned_step.server));
        if (needed && !earlier.contains(step.id)) {
            violate("I2",
                    "the plan does not let " + assigned_step.role + " on " + assigned_step.server +
                        " wait for " + std::string(to_text(step.action)) + " on " + step.server);
        }
    }
}

// A plan is made by walking forward: where nothing goes wrong and nobody acts, all of it is carried out.
void Judge::foreseen(const Run& run) {
    for (const UnitRun& unit : run.units) {
        for (const StepRecord& record : unit.records) {
            if (unit.result == UnitResult::converged && record.result == StepResult::vanished) {
                violate("foreseen",
                        unit.unit + ": " + std::string(to_text(record.step.action)) + " " + record.step.role +
                            record.step.certificate + " on " + record.step.server +
                            " was approved, and needed no more when its turn came");
            }
        }
    }
}

}  // namespace edgecert::simulation
