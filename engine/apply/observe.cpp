// Looking at all units: observing them in parallel, and planning them.
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/apply/rounds.h"
#include "engine/apply/schedule.h"
#include "engine/apply/unit_runner.h"
#include "engine/text/mutant.h"

namespace edgecert {

namespace {

UnitPlan failed_unit(const UnitId& unit, const Diagnostic& why) {
    UnitPlan plan;
    plan.overview.unit = unit;
    plan.overview.title = unit;
    plan.overview.state = UnitState::failed;
    plan.diagnostics = {why};
    return plan;
}

}  // namespace

Failures observe_all(const std::vector<Unit*>& units, int parallel, Progress& progress, Sessions after) {
    const std::vector<Unit*> ordered = in_plan_order(units);
    std::mutex mutex;
    Failures failures;
    progress.expecting(names_of(ordered));
    const auto observe = [&](std::size_t i) {
        Unit& unit = *ordered[i];
        progress.observing(unit.id());
        try {
            unit.observe();
            if (after == Sessions::end) {
                unit.rest();
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failures.emplace(unit.id(), current_failure());
        }
        progress.observed(unit.id());
    };
    for (const std::size_t stuck : run_in_order(places_of_needs(ordered), parallel, observe)) {
        failures.emplace(
            ordered[stuck]->id(),
            Diagnostic{Severity::error, "circular-units", "it needs units that need it in turn", {}, "", ""});
    }
    return failures;
}

Plan plan_all(const std::vector<Unit*>& units,
              const PlanInputs& inputs,
              const std::string& requirements,
              std::vector<Diagnostic> diagnostics,
              const Failures& unobserved) {
    std::vector<UnitPlan> plans;
    for (Unit* unit : EDGECERT_MUTANT(units_in_given_order) ? units : in_plan_order(units)) {
        const auto failure = unobserved.find(unit->id());
        if (failure != unobserved.end()) {
            plans.push_back(failed_unit(unit->id(), failure->second));
            continue;
        }
        try {
            UnitPlan plan = unit->plan(inputs);
            plan.overview.unit = unit->id();
            plans.push_back(in_order(std::move(plan)));
        } catch (...) {
            plans.push_back(failed_unit(unit->id(), current_failure()));
        }
    }
    return make_plan(inputs, requirements, std::move(plans), std::move(diagnostics));
}

}  // namespace edgecert
