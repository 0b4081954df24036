// Fresh words, unit by unit and step by step.
#include "engine/plan/fresh_words.h"

#include <algorithm>
#include <utility>

namespace edgecert {

namespace {

Reason not_needed_now() {
    return {"not-needed-now",
            "what is there now does not call for it: done already, or for later",
            Cause::fresh,
            {}};
}

void tell_anew(Step& step, const UnitPlan* fresh) {
    const Step* known = nullptr;
    if (fresh != nullptr) {
        const auto found = std::find_if(fresh->steps.begin(), fresh->steps.end(), [&step](const Step& other) {
            return other.id == step.id && other.action == step.action;
        });
        known = found == fresh->steps.end() ? nullptr : &*found;
    }
    if (known == nullptr) {
        step.summary.clear();
        step.reasons = {not_needed_now()};
        if (step.wait) {
            step.wait = Wait{.kind = step.wait->kind, .code = "not-needed-now"};
        }
        return;
    }
    step.summary = known->summary;
    step.reasons = known->reasons;
    step.wait = known->wait;
    step.irreversible = known->irreversible;
}

}  // namespace

Plan with_fresh_words(Plan saved, const Plan& fresh) {
    for (UnitPlan& unit : saved.units) {
        const auto found =
            std::find_if(fresh.units.begin(), fresh.units.end(), [&unit](const UnitPlan& other) {
                return other.overview.unit == unit.overview.unit;
            });
        const UnitPlan* now = found == fresh.units.end() ? nullptr : &*found;
        for (Step& step : unit.steps) {
            tell_anew(step, now);
        }
        const UnitId id = unit.overview.unit;
        unit.overview = now == nullptr ? Overview{.unit = id, .title = id} : now->overview;
        unit.diagnostics = now == nullptr ? std::vector<Diagnostic>{} : now->diagnostics;
        const bool changes = std::any_of(unit.steps.begin(), unit.steps.end(), [](const Step& step) {
            return step.action != Action::wait;
        });
        if (changes && unit.overview.state == UnitState::converged) {
            unit.overview.state = UnitState::changes;  // what it names is shown, needed or not
        }
    }
    saved.diagnostics = fresh.diagnostics;
    return saved;
}

}  // namespace edgecert
