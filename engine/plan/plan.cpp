// A plan as a whole: its id, its counts, its exit status, and how it is put together.
#include "engine/plan/plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/plan/clean.h"
#include "engine/text/digest.h"
#include "engine/text/mutant.h"

namespace edgecert {

namespace {

void feed(Digest& digest, const std::vector<std::string>& texts) {
    digest.number(static_cast<std::int64_t>(texts.size()));
    for (const std::string& text : texts) {
        digest.field(text);
    }
}

void feed(Digest& digest, const Step& step) {
    digest.field(step.id).field(to_text(step.action));
    digest.field(step.unit).field(step.server).field(step.role).field(step.certificate).field(step.object);
    digest.number(static_cast<std::int64_t>(step.fields.size()));
    for (const FieldChange& field : step.fields) {
        digest.field(field.name).field(field.before).field(field.after);
    }
    feed(digest, step.after);
    digest.number(static_cast<std::int64_t>(step.expects.size()));
    for (const Expectation& expectation : step.expects) {
        digest.field(expectation.name).field(expectation.fingerprint);
    }
}

void sort_once(std::vector<std::string>& texts) {
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace

std::string_view to_text(UnitState state) {
    switch (state) {
        case UnitState::converged:
            return "converged";
        case UnitState::changes:
            return "changes";
        case UnitState::waiting:
            return "waiting";
        case UnitState::blocked:
            return "blocked";
        case UnitState::failed:
            return "failed";
    }
    return "failed";
}

std::optional<UnitState> parse_unit_state(std::string_view text) {
    for (const UnitState state : {UnitState::converged,
                                  UnitState::changes,
                                  UnitState::waiting,
                                  UnitState::blocked,
                                  UnitState::failed}) {
        if (to_text(state) == text) {
            return state;
        }
    }
    return std::nullopt;
}

bool is_authority(const UnitId& unit) {
    return std::string_view(unit).substr(0, 10) == "authority/";
}

bool comes_before(const UnitId& a, const UnitId& b) {
    return std::tuple(!is_authority(a), std::string_view(a)) <
           std::tuple(!is_authority(b), std::string_view(b));
}

std::string plan_id(const Plan& plan) {
    Digest digest("edgecert.plan/1");
    digest.field(plan.requirements);
    feed(digest, plan.inputs.targets);
    feed(digest, plan.inputs.retry);
    feed(digest, plan.inputs.resubmit);
    digest.number(static_cast<std::int64_t>(plan.inputs.request_ids.size()));
    for (const auto& [address, id] : plan.inputs.request_ids) {
        digest.field(address).field(id);
    }
    digest.number(plan.inputs.until_installed ? 1 : 0);
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            feed(digest, step);
        }
    }
    return digest.hex();
}

Plan make_plan(PlanInputs inputs,
               std::string requirements,
               std::vector<UnitPlan> units,
               std::vector<Diagnostic> diagnostics) {
    clean(inputs);
    clean(diagnostics);
    sort_once(inputs.targets);
    sort_once(inputs.retry);
    sort_once(inputs.resubmit);
    Plan plan;
    plan.inputs = std::move(inputs);
    plan.requirements = std::move(requirements);
    plan.diagnostics = std::move(diagnostics);
    plan.units.reserve(units.size());
    for (UnitPlan& unit : units) {
        plan.units.push_back(in_order(std::move(unit)));
    }
    const auto before = [](const UnitPlan& a, const UnitPlan& b) {
        return comes_before(a.overview.unit, b.overview.unit);
    };
    if (!std::is_sorted(plan.units.begin(), plan.units.end(), before) &&
        !EDGECERT_MUTANT(units_in_given_order)) {  // they are large, and mostly are
        std::sort(plan.units.begin(), plan.units.end(), before);
    }
    const auto twice =
        std::adjacent_find(plan.units.begin(), plan.units.end(), [](const auto& a, const auto& b) {
            return a.overview.unit == b.overview.unit;
        });
    if (twice != plan.units.end()) {
        throw Error("duplicate-unit", "two units are called " + twice->overview.unit);
    }
    plan.id = plan_id(plan);
    return plan;
}

Counts count(const Plan& plan) {
    Counts counts;
    std::set<std::tuple<UnitId, std::string, std::string>> issued;
    for (const UnitPlan& unit : plan.units) {
        counts.pools += is_authority(unit.overview.unit) ? 0 : 1;
        counts.servers += unit.overview.servers;
        for (const Step& step : unit.steps) {
            ++counts.by_action[step.action];
            counts.keys_moved += step.action == Action::transfer_certificate ? 1 : 0;
            // One that is only kept somewhere changes nothing and is no order.
            const bool made = step.action == Action::create_request && !step.fields.empty();
            if (made || step.action == Action::submit_request) {
                issued.emplace(step.unit, step.certificate, step.object);
            }
        }
    }
    counts.issue = static_cast<int>(issued.size());
    return counts;
}

bool has_changes(const Plan& plan) {
    return std::any_of(plan.units.begin(), plan.units.end(), [](const UnitPlan& unit) {
        return std::any_of(unit.steps.begin(), unit.steps.end(), [](const Step& step) {
            return step.action != Action::wait;
        });
    });
}

int exit_status(const UnitPlan& unit) {
    int status = unit.overview.state == UnitState::failed ? 1 : 0;
    for (const Step& step : unit.steps) {
        if (!step.wait) {
            continue;
        }
        switch (step.wait->kind) {
            case WaitKind::server:
            case WaitKind::authority_unreachable:
                return 1;
            case WaitKind::authority:
            case WaitKind::person:
                status = status == 1 ? 1 : 3;
                break;
            case WaitKind::unit:
                break;
        }
    }
    return status;
}

int exit_status(const Plan& plan) {
    int status = 0;
    for (const UnitPlan& unit : plan.units) {
        const int one = exit_status(unit);
        if (one == 1) {
            return 1;
        }
        status = std::max(status, one);
    }
    return status;
}

}  // namespace edgecert
