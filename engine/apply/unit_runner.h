// UnitRunner: carries out the approved plan of one unit, step by step, each checked against the fresh plan.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/apply/executor.h"
#include "engine/apply/progress.h"
#include "engine/plan/plan.h"
#include "engine/plan/unit.h"
#include "engine/time/instant.h"

namespace edgecert {

// What all runners of a run share. Outlives them.
struct RunContext {
    const PlanInputs& inputs;
    const ApplyOptions& options;
    Clock& clock;
    Progress& progress;
    const StopRequest& stop;
};

// What a unit has to know of the units that it needs, before it starts.
struct Needed {
    std::optional<UnitId> failed{};  // one that failed, was blocked or did not fit
    std::set<StepId> left{};         // steps that are still to be done there
    bool acted{};                    // something was done there: the view of it here is old
};

// What is thrown, as the unit's own failure; call it in a catch block.
[[nodiscard]] Diagnostic current_failure();

// What kept the unit from being planned.
[[nodiscard]] Diagnostic first_error(const UnitPlan& plan);

// Used by one thread at a time.
class UnitRunner {
public:
    UnitRunner(Unit& unit, const UnitPlan& approved, const RunContext& context);

    // Before anything is done: the fresh plan, and whether it fits. What throws is this unit's failure
    // (result failed, no misfit).
    [[nodiscard]] std::optional<std::string> check();
    void fail(Diagnostic why);

    // Carries out all that can be carried out now. With `again`, the unit is observed first: what waited may
    // have come. Never throws. Nothing happens once the unit has failed, is blocked or does not fit.
    void run(const Needed& needed, bool again);

    [[nodiscard]] bool acted() const { return acted_; }
    // For whom it waits who may answer by himself, so that it makes sense to look again later; empty: for
    // nobody.
    [[nodiscard]] std::set<std::string> awaited() const;
    [[nodiscard]] std::string waits_for() const;  // all for whom it waits, in words
    [[nodiscard]] const UnitRun& state() const { return run_; }
    [[nodiscard]] UnitRun result() const;  // with a record of every approved step

private:
    void carry_out(const Needed& needed);
    void observe();
    void look();
    [[nodiscard]] std::optional<std::string> fresh_misfit() const;
    [[nodiscard]] bool leads_back(const Step& step) const;
    [[nodiscard]] std::optional<Step> next(const Needed& needed) const;
    void perform(const Step& step);
    [[nodiscard]] Outcome outcome_of(const Step& step);
    void note(StepRecord record);
    void conclude(bool stopped);
    // Of those for whom it waits the ones whose Wait counts, and whoever a step is held up by.
    template <class Counts>
    [[nodiscard]] std::set<std::string> waited_for(const Counts& counts) const;

    Unit& unit_;
    const UnitPlan& approved_;
    const RunContext& context_;
    UnitRun run_{};
    std::map<StepId, int> done_{};  // how often each was done
    std::set<StepId> failed_{};
    std::map<StepId, std::string> held_{};  // answered Waiting since the last round began, and for whom
    bool ended_{};                          // failed, blocked, misfit: no further round
    bool failing_{};                        // a step failed: only the way back is still carried out
    bool acted_{};
    bool dirty_{};     // something was performed since the whole unit was observed
    bool seen_{};      // observed, and nothing performed since, in this run
    bool switched_{};  // an assign-role was performed
};

}  // namespace edgecert
