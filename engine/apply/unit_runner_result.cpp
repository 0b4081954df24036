// How one unit's run ended, and what is told of it: whom it waits for, and a record of every approved step.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply/unit_runner.h"
#include "engine/plan/fit.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"

namespace edgecert {

namespace {

// What of the way back was not approved with this plan, as "role on server, …"; "": all of it was.
std::string unapproved_way_back(const UnitPlan& approved, const UnitPlan& fresh) {
    std::set<std::string> places;
    for (const Step& step : fresh.steps) {
        UnitPlan alone;
        alone.steps.push_back(step);
        if (is_way_back(step) && misfit(approved, alone)) {
            places.insert(step.role + " on " + step.server);
        }
    }
    std::string list;
    for (const std::string& place : places) {
        list += (list.empty() ? "" : ", ") + place;
    }
    return printable(list);
}

// Its certificate waits for something else first (a person after a denial, say): what comes after that is not
// in the fresh plan, and is needed all the same.
bool is_held_up(const UnitPlan& left, const Step& step) {
    return !step.certificate.empty() &&
           std::any_of(left.steps.begin(), left.steps.end(), [&step](const Step& other) {
               return other.action == Action::wait && other.certificate == step.certificate;
           });
}

}  // namespace

Diagnostic first_error(const UnitPlan& plan) {
    for (const Diagnostic& diagnostic : plan.diagnostics) {
        if (diagnostic.severity == Severity::error) {
            return diagnostic;
        }
    }
    return {Severity::error, "unplanned", "it could not be planned", {}, "", ""};
}

void UnitRunner::conclude(bool stopped) {
    if (failing_) {
        run_.result = UnitResult::failed;
        // The failure is the news; that the way back could not be completed is told with it.
        if (const std::string left = unapproved_way_back(approved_, run_.left); !left.empty()) {
            run_.text += "; the way back was not carried out for " + left +
                         ": it is no part of what was approved, and the next plan has it";
        }
        run_.text += stopped ? "; it was stopped before the way back was complete" : "";
        ended_ = true;
    } else if (run_.left.overview.state == UnitState::failed) {
        run_.result = UnitResult::failed;
        run_.text = first_error(run_.left).text;
        ended_ = true;
    } else if (stopped) {
        run_.result = UnitResult::stopped;
        run_.text = "it was stopped before its next step";
    } else {
        // Without steps it waits when it could not be reached: nobody knows whether something is to be done.
        const bool there = run_.left.steps.empty() && run_.left.overview.state != UnitState::waiting;
        run_.result =
            there || EDGECERT_MUTANT(waiting_is_converged) ? UnitResult::converged : UnitResult::waiting;
    }
}

template <class Counts>
std::set<std::string> UnitRunner::waited_for(const Counts& counts) const {
    std::set<std::string> names;
    for (const auto& [id, name] : held_) {
        names.insert(name);
    }
    for (const Step& step : run_.left.steps) {
        if (step.wait && counts(*step.wait)) {
            names.insert(step.wait->on_whom);
        }
    }
    return names;
}

std::set<std::string> UnitRunner::awaited() const {
    const bool waits = run_.result == UnitResult::waiting;
    return waits ? waited_for([](const Wait& wait) { return wait.kind == WaitKind::authority; })
                 : std::set<std::string>{};
}

std::string UnitRunner::waits_for() const {
    std::string text;
    for (const std::string& name : waited_for([](const Wait&) { return true; })) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

UnitRun UnitRunner::result() const {
    UnitRun result = run_;
    std::set<StepId> told;
    for (const StepRecord& record : run_.records) {
        told.insert(record.step.id);
    }
    std::set<StepId> to_do;
    for (const Step& step : run_.left.steps) {
        to_do.insert(step.id);
    }
    for (const Step& step : approved_.steps) {
        if (step.action == Action::wait || told.contains(step.id)) {
            continue;
        }
        StepRecord record;
        record.step = step;
        const bool needed = to_do.contains(step.id) || is_held_up(run_.left, step);
        record.result = needed ? StepResult::skipped : StepResult::vanished;
        result.records.push_back(std::move(record));
    }
    return result;
}

}  // namespace edgecert
