// One unit's run: plan, compare with what was approved, perform the first step that is free, and again.
#include "engine/apply/unit_runner.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/plan/fit.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"

namespace edgecert {

Diagnostic current_failure() {
    try {
        throw;
    } catch (const Error& error) {
        return error.diagnostic();
    } catch (const std::exception& exception) {
        return {Severity::error, "unexpected", printable(exception.what()), {}, "", ""};
    } catch (...) {
        return {Severity::error, "unexpected", "something unknown was thrown", {}, "", ""};
    }
}

UnitRunner::UnitRunner(Unit& unit, const UnitPlan& approved, const RunContext& context)
    : unit_(unit), approved_(approved), context_(context) {
    run_.unit = unit.id();
}

std::optional<std::string> UnitRunner::check() {
    // Nothing was approved for a unit that could not be planned; that it can be now is no reason to refuse
    // the rest.
    if (approved_.overview.state == UnitState::failed && approved_.steps.empty()) {
        fail(first_error(approved_));
        return std::nullopt;
    }
    try {
        look();
        std::optional<std::string> why = fresh_misfit();
        if (why) {
            run_.result = UnitResult::misfit;
            run_.text = *why;
        }
        return why;
    } catch (...) {
        fail(current_failure());
        return std::nullopt;
    }
}

void UnitRunner::fail(Diagnostic why) {
    // The first failure is the one to tell; what came after is often its echo.
    if (run_.result != UnitResult::failed && !failing_) {
        run_.text = why.text;
    }
    run_.result = UnitResult::failed;
    run_.left.overview.unit = run_.unit;
    run_.left.overview.state = UnitState::failed;
    run_.left.diagnostics.push_back(std::move(why));
    ended_ = true;
}

void UnitRunner::run(const Needed& needed, bool again) {
    if (ended_) {
        return;
    }
    if (needed.failed) {
        run_.result = UnitResult::blocked;
        run_.text = "it needs " + *needed.failed + ", which did not get there";
        ended_ = true;
        return;
    }
    held_.clear();
    try {
        if (again || needed.acted) {
            observe();
        }
        carry_out(needed);
    } catch (...) {
        fail(current_failure());
    }
    unit_.rest();
}

void UnitRunner::carry_out(const Needed& needed) {
    while (true) {
        look();
        if (std::optional<std::string> why = fresh_misfit()) {
            run_.text = *why;
            run_.result = UnitResult::misfit;
            ended_ = true;
            return;
        }
        const std::optional<Step> step = next(needed);
        const bool stop = context_.stop.load() > 0;
        if (!step && dirty_ && !stop) {
            observe();
            continue;
        }
        if (!step || stop) {
            conclude(step.has_value());
            return;
        }
        if (step->action == Action::assign_role && !switched_ && !seen_) {
            observe();
            continue;
        }
        perform(*step);
    }
}

void UnitRunner::observe() {
    context_.progress.observing(run_.unit);
    unit_.observe();
    context_.progress.observed(run_.unit);
    dirty_ = false;
    seen_ = true;
}

void UnitRunner::look() {
    UnitPlan fresh = unit_.plan(context_.inputs);
    fresh.overview.unit = run_.unit;
    run_.left = in_order(std::move(fresh));
}

// After a failure nothing is carried out but the way back, and of that what was approved.
std::optional<std::string> UnitRunner::fresh_misfit() const {
    return EDGECERT_MUTANT(fit_not_checked) || failing_ ? std::nullopt : misfit(approved_, run_.left);
}

bool UnitRunner::leads_back(const Step& step) const {
    UnitPlan alone;
    alone.steps.push_back(step);
    return is_way_back(step) && (EDGECERT_MUTANT(fit_not_checked) || !misfit(approved_, alone));
}

std::optional<Step> UnitRunner::next(const Needed& needed) const {
    std::set<StepId> to_do = needed.left;
    for (const Step& step : run_.left.steps) {
        to_do.insert(step.id);
    }
    for (const Step& step : run_.left.steps) {
        const bool mine = step.action != Action::wait && (!failing_ || leads_back(step));
        const bool tried = failed_.contains(step.id) || held_.contains(step.id);
        const bool free = std::none_of(
            step.after.begin(), step.after.end(), [&to_do](const StepId& id) { return to_do.contains(id); });
        if (mine && !tried && (free || EDGECERT_MUTANT(order_ignored))) {
            return step;
        }
    }
    return std::nullopt;
}

Outcome UnitRunner::outcome_of(const Step& step) {
    if (done_[step.id] >= context_.options.repetition_limit) {
        const auto times = std::to_string(done_[step.id]);
        return Failed{Error("no-effect",
                            "it was done " + times + " times and is still needed",
                            "something undoes it, or the place does not keep what it is told")
                          .diagnostic()};
    }
    acted_ = true;
    dirty_ = true;
    seen_ = false;
    switched_ = switched_ || step.action == Action::assign_role;
    try {
        return unit_.perform(step, context_.inputs);
    } catch (...) {
        return Failed{current_failure()};
    }
}

void UnitRunner::perform(const Step& step) {
    StepRecord record;
    record.step = step;
    record.started = context_.clock.now();
    context_.progress.started(step);
    const Outcome outcome = outcome_of(step);
    record.ended = context_.clock.now();
    context_.progress.ended(step, outcome);
    if (const auto* waiting = std::get_if<Waiting>(&outcome)) {
        record.result = StepResult::waiting;
        record.text = waiting->on_whom + (waiting->what_to_do.empty() ? "" : ": " + waiting->what_to_do);
        held_[step.id] = waiting->on_whom;
    } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
        record.result = StepResult::failed;
        record.text = failed->why.text;
        record.why = failed->why;
        record.stands = failed->stands;
        run_.text = run_.text.empty() ? failed->why.text : run_.text;
        failed_.insert(step.id);
        failing_ = true;
    } else {
        record.result = StepResult::done;
        ++done_[step.id];
    }
    note(std::move(record));
}

void UnitRunner::note(StepRecord record) {
    // A step that is asked for again and again while it waits is one record.
    for (StepRecord& known : run_.records) {
        if (known.step.id == record.step.id && known.result == StepResult::waiting) {
            record.started = known.started;
            known = std::move(record);
            return;
        }
    }
    run_.records.push_back(std::move(record));
}

}  // namespace edgecert
