// Fresh words, unit by unit and step by step.
#include "engine/plan/fresh_words.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace edgecert {

namespace {

const Step* find_step(const std::vector<Step>& steps, const Step& like) {
    const auto found = std::find_if(steps.begin(), steps.end(), [&like](const Step& other) {
        return other.id == like.id && other.action == like.action;
    });
    return found == steps.end() ? nullptr : &*found;
}

// What the approved unit and the fresh one both have, and whom the fresh one waits for.
UnitPlan still_called_for(const UnitPlan& saved, const UnitPlan& fresh) {
    UnitPlan shown{.overview = fresh.overview, .steps = {}, .diagnostics = fresh.diagnostics};
    for (const Step& step : fresh.steps) {
        const Step* approved = find_step(saved.steps, step);
        if (approved == nullptr && step.action != Action::wait) {
            continue;  // nobody approved it: the run stops there and says so
        }
        Step one = step;
        if (approved != nullptr) {
            one.fields = approved->fields;
            one.after = approved->after;
        }
        shown.steps.push_back(std::move(one));
    }
    const auto gone = std::count_if(saved.steps.begin(), saved.steps.end(), [&fresh](const Step& step) {
        return step.action != Action::wait && find_step(fresh.steps, step) == nullptr;
    });
    if (gone > 0) {
        shown.overview.notes.push_back(std::to_string(gone) + (gone == 1 ? " step" : " steps") +
                                       " of the saved plan not shown: what is there now does not call for " +
                                       (gone == 1 ? "it" : "them") + " (done already, or for later)");
    }
    return shown;
}

}  // namespace

Plan with_fresh_words(Plan saved, const Plan& fresh) {
    for (UnitPlan& unit : saved.units) {
        const UnitId id = unit.overview.unit;
        const auto found = std::find_if(fresh.units.begin(), fresh.units.end(), [&id](const UnitPlan& other) {
            return other.overview.unit == id;
        });
        unit = found == fresh.units.end()
                   ? still_called_for(unit, UnitPlan{.overview = {.unit = id, .title = id}})
                   : still_called_for(unit, *found);
    }
    saved.diagnostics = fresh.diagnostics;
    return saved;
}

}  // namespace edgecert
