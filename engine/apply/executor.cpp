// A run from the approved plan to its exit status.
#include "engine/apply/executor.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/apply/rounds.h"
#include "engine/apply/unit_runner.h"

namespace edgecert {

namespace {

bool did_something(const UnitRun& unit) {
    return std::any_of(unit.records.begin(), unit.records.end(), [](const StepRecord& record) {
        return record.result == StepResult::done || record.result == StepResult::waiting;
    });
}

}  // namespace

std::string_view to_text(StepResult result) {
    switch (result) {
        case StepResult::done:
            return "done";
        case StepResult::vanished:
            return "vanished";
        case StepResult::waiting:
            return "waiting";
        case StepResult::failed:
            return "failed";
        case StepResult::skipped:
            return "skipped";
    }
    return "skipped";
}

std::string_view to_text(UnitResult result) {
    switch (result) {
        case UnitResult::converged:
            return "converged";
        case UnitResult::waiting:
            return "waiting";
        case UnitResult::failed:
            return "failed";
        case UnitResult::blocked:
            return "blocked";
        case UnitResult::misfit:
            return "misfit";
        case UnitResult::stopped:
            return "stopped";
    }
    return "failed";
}

int Run::exit_status() const {
    bool misfits = refused;
    bool waits = false;
    const bool acted = std::any_of(units.begin(), units.end(), did_something);
    for (const UnitRun& unit : units) {
        const bool failure =
            unit.result == UnitResult::failed || (!refused && unit.result == UnitResult::blocked) ||
            (!refused && unit.result == UnitResult::stopped) || (unit.result == UnitResult::misfit && acted);
        if (failure || (!refused && edgecert::exit_status(unit.left) == 1)) {
            return 1;
        }
        misfits = misfits || unit.result == UnitResult::misfit;
        // One that could not be reached and that nothing needs has no steps and holds nobody up.
        waits = waits || (unit.result == UnitResult::waiting && !unit.left.steps.empty());
    }
    if (misfits) {
        return 4;
    }
    return waits ? 3 : 0;
}

Run apply(const std::vector<Unit*>& units,
          const Plan& approved,
          const ApplyOptions& options,
          Clock& clock,
          Progress& progress,
          const StopRequest& stop) {
    if (approved.to_look_at_only) {
        throw Error("plan-to-look-at-only",
                    "this plan was made with --at or --observed: it is to look at, not to apply",
                    "make one without them");
    }
    Run run;
    run.plan_id = approved.id;
    const Failures failures = options.observed ? Failures{} : observe_all(units, options.parallel, progress);
    const RunContext context{approved.inputs, options, clock, progress, stop};
    Rounds rounds(units, approved, context);
    if (const std::optional<std::string> refusal = rounds.check(failures)) {
        run.refused = true;
        run.refusal = *refusal;
    } else {
        rounds.run();
    }
    run.units = rounds.results();
    for (UnitRun& unit : run.units) {
        // Nobody ran: what would have been fine was left alone all the same.
        if (run.refused && unit.result == UnitResult::converged && !unit.left.steps.empty()) {
            unit.result = UnitResult::stopped;
            unit.text = "nothing was done: the plan no longer fits elsewhere";
        }
    }
    return run;
}

}  // namespace edgecert
