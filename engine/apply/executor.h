// The executor: carries out an approved plan and nothing else, units in parallel, then looks again.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/apply/progress.h"
#include "engine/plan/plan.h"
#include "engine/plan/unit.h"
#include "engine/time/instant.h"

namespace edgecert {

// Asked to stop: 0 no, 1 finish or abandon the running step cleanly, 2 at once. Set by a signal handler.
using StopRequest = std::atomic<int>;

struct ApplyOptions {
    bool observed{};  // the units have been observed just now
    int parallel{8};  // units at once
    std::optional<Seconds>
        wait{};  // poll what waits for an authority this long (growing interval, jitter from `seed`)
    std::uint64_t seed{};     // of the jitter only
    int repetition_limit{3};  // a step that is still planned after it was done so often: Failed "no-effect"
};

enum class StepResult {
    done,
    vanished,  // approved, and no longer needed when its turn came
    waiting,
    failed,
    skipped  // approved, still needed, and not begun
};

[[nodiscard]] std::string_view to_text(StepResult result);

struct StepRecord {
    Step step{};
    StepResult result{StepResult::skipped};
    Instant started{};
    Instant ended{};
    std::string text{};  // why it failed, or what it waits for
    std::optional<Diagnostic> why{};
    std::string stands{};  // of one that failed: what it did all the same
};

enum class UnitResult { converged, waiting, failed, blocked, misfit, stopped };

[[nodiscard]] std::string_view to_text(UnitResult result);

struct UnitRun {
    UnitId unit{};
    UnitResult result{UnitResult::converged};
    std::vector<StepRecord> records{};
    UnitPlan left{};  // the plan after the last look
    std::string text{};
};

struct Run {
    std::string plan_id{};
    bool refused{};  // misfit before anything was done
    std::string refusal{};
    std::vector<UnitRun> units{};  // in the plan's order
    // 0, 1, 3 or 4; failure outranks. 4 only if nothing was done anywhere: a unit whose ground moved under it
    // later is a failure.
    [[nodiscard]] int exit_status() const;
};

// What kept a unit from being observed or planned, by unit.
using Failures = std::map<UnitId, Diagnostic>;

// Carries out `approved`. Units have been observed already when `options.observed`; otherwise all are
// observed first, in parallel. Every unit's fresh plan (made with approved.inputs) must fit before anything
// is done, else Run::refused and nothing was done. Then units run in the order of needs(), at most `parallel`
// at once: while the fresh plan has a step whose `after` steps are all gone and that has not failed in this
// run, perform it and plan again. A Failed step ends the unit, but for the way back (steps with the reason
// code "way-back" in the fresh plan). A unit whose need failed is `blocked`; one whose need waits goes on
// with what does not come after that need's steps. Exceptions of a unit (Error or others) are its failure
// alone. A unit is observed again after a unit that it needs has done something, before its first
// assign-role, and when nothing is left to perform after something was. Throws Error "plan-to-look-at-only"
// for such a plan.
[[nodiscard]] Run apply(const std::vector<Unit*>& units,
                        const Plan& approved,
                        const ApplyOptions& options,
                        Clock& clock,
                        Progress& progress,
                        const StopRequest& stop);

// Observes all units, at most `parallel` at once; those that others need first. What threw is in the result,
// for plan_all.
// Sessions end when a unit was looked at, for a plan may be read for hours, and thousands of units each hold
// some; they are kept for a command that goes on with them at once.
enum class Sessions { end, keep };
[[nodiscard]] Failures observe_all(const std::vector<Unit*>& units,
                                   int parallel,
                                   Progress& progress,
                                   Sessions after = Sessions::end);

// Plans all units (sorted: authorities, then pools, by name) on their last views. A unit that could not be
// observed, or whose planning throws, is in the plan as failed, with what was thrown among its diagnostics.
[[nodiscard]] Plan plan_all(const std::vector<Unit*>& units,
                            const PlanInputs& inputs,
                            const std::string& requirements,
                            std::vector<Diagnostic> diagnostics,
                            const Failures& unobserved = {});

}  // namespace edgecert
