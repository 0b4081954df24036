// The rounds of a run: the check before anything is done, the work, and the looking again.
#include "engine/apply/rounds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply/schedule.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every platform, unlike the library's
// distributions.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : state_(seed) {}

    // Between three quarters and five quarters of `span`.
    Seconds spread(Seconds span) {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        mixed ^= mixed >> 31U;
        const auto percent = static_cast<std::int64_t>(75 + mixed % 51U);
        return std::max(Seconds(1), span * percent / 100);
    }

private:
    std::uint64_t state_;
};

}  // namespace

std::vector<Unit*> in_plan_order(std::vector<Unit*> units) {
    std::sort(units.begin(), units.end(), [](const Unit* a, const Unit* b) {
        return comes_before(a->id(), b->id());
    });
    return units;
}

std::vector<UnitId> names_of(const std::vector<Unit*>& units) {
    std::vector<UnitId> names;
    names.reserve(units.size());
    for (const Unit* unit : units) {
        names.push_back(unit->id());
    }
    return names;
}

Rounds::Rounds(const std::vector<Unit*>& units, const Plan& approved, const RunContext& context)
    : units_(in_plan_order(units)), approved_(approved), context_(context), needs_(places_of_needs(units_)) {
    std::map<UnitId, const UnitPlan*> plans;
    for (const UnitPlan& plan : approved.units) {
        plans.emplace(plan.overview.unit, &plan);
    }
    for (Unit* unit : units_) {
        const auto plan = plans.find(unit->id());
        runners_.push_back(
            std::make_unique<UnitRunner>(*unit, plan == plans.end() ? nothing_ : *plan->second, context));
    }
}

std::optional<std::string> Rounds::check(const Failures& failures) {
    std::optional<std::string> refusal = missing_unit();
    for (const auto& runner : runners_) {
        const auto failure = failures.find(runner->state().unit);
        if (failure != failures.end()) {
            runner->fail(failure->second);
            continue;
        }
        const std::optional<std::string> why = runner->check();
        refusal = refusal ? refusal : why;
    }
    return refusal;
}

void Rounds::run() {
    std::vector<std::size_t> all(runners_.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
    }
    context_.progress.expecting(names_of(units_));
    round(all, false);
    if (context_.options.wait) {
        poll(*context_.options.wait);
    }
    for (const auto& runner : runners_) {
        tell_end(*runner);
    }
}

std::vector<UnitRun> Rounds::results() const {
    std::vector<UnitRun> results;
    results.reserve(runners_.size());
    for (const auto& runner : runners_) {
        results.push_back(runner->result());
    }
    return results;
}

std::optional<std::string> Rounds::missing_unit() const {
    std::set<UnitId> declared;
    for (const Unit* unit : units_) {
        declared.insert(unit->id());
    }
    for (const UnitPlan& one : approved_.units) {
        if (!one.steps.empty() && !declared.contains(one.overview.unit)) {
            return one.overview.unit + " is in the approved plan and is not declared";
        }
    }
    return std::nullopt;
}

// Only what the scheduler has already ordered before this unit is read here: those units have ended their
// round.
Needed Rounds::needed(std::size_t place) const {
    Needed result;
    for (const std::size_t need : needs_[place]) {
        const UnitRun& run = runners_[need]->state();
        const bool fine = run.result == UnitResult::converged || run.result == UnitResult::waiting ||
                          run.result == UnitResult::stopped;
        if (!fine && !result.failed) {
            result.failed = run.unit;
        }
        for (const Step& step : run.left.steps) {
            result.left.insert(step.id);
        }
        result.acted = result.acted || runners_[need]->acted();
    }
    return result;
}

void Rounds::round(const std::vector<std::size_t>& members, bool again) {
    std::map<std::size_t, std::size_t> index;
    for (std::size_t i = 0; i < members.size(); ++i) {
        index.emplace(members[i], i);
    }
    std::vector<std::vector<std::size_t>> needs(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
        for (const std::size_t need : needs_[members[i]]) {
            const auto found = index.find(need);
            if (found != index.end()) {
                needs[i].push_back(found->second);
            }
        }
    }
    const auto task = [this, &members, again](std::size_t i) {
        UnitRunner& runner = *runners_[members[i]];
        runner.run(needed(members[i]), again);
        if (runner.state().result != UnitResult::waiting || !context_.options.wait) {
            tell_end(runner);
        }
    };
    for (const std::size_t stuck : run_in_order(needs, context_.options.parallel, task)) {
        runners_[members[stuck]]->fail(
            {Severity::error, "circular-units", "it needs units that need it in turn", {}, "", ""});
    }
}

void Rounds::tell_end(const UnitRunner& runner) {
    {
        const std::lock_guard lock(mutex_);
        if (!told_.insert(runner.state().unit).second) {
            return;
        }
    }
    const UnitRun& run = runner.state();
    const bool told = run.result == UnitResult::failed && !run.records.empty();  // with its step
    const std::string why = run.result == UnitResult::waiting ? runner.waits_for() : run.text;
    context_.progress.unit_ended(run.unit, std::string(to_text(run.result)), told ? "" : why);
}

void Rounds::poll(Seconds patience) {
    const Instant deadline = context_.clock.now() + patience;
    Jitter jitter(context_.options.seed);
    Seconds interval{5};
    while (context_.stop.load() == 0) {
        const std::string names = awaited();
        const Seconds left = deadline - context_.clock.now();
        if (names.empty() || left <= Seconds(0)) {
            return;
        }
        const Seconds span = std::min(jitter.spread(interval), left);
        context_.progress.note(names + ", next look in " + to_words(span));
        context_.clock.sleep(span);
        if (context_.stop.load() > 0) {
            return;
        }
        round(waiting(), true);
        interval = std::min(interval * 2, Seconds(60));
    }
}

std::string Rounds::awaited() const {
    std::map<std::string, std::string> units;  // by whom they wait for
    for (const auto& runner : runners_) {
        for (const std::string& name : runner->awaited()) {
            std::string& waiting = units[name];
            waiting += (waiting.empty() ? "" : ", ") + printable(runner->state().unit, 128);
        }
    }
    std::string names;
    for (const auto& [name, waiting] : units) {
        names += (names.empty() ? "" : "; ") + waiting + ": waiting for " + printable(name, 256);
    }
    return names;
}

// All that wait: who needs a unit that waits for an authority may go on as well when the answer is there.
std::vector<std::size_t> Rounds::waiting() const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < runners_.size(); ++i) {
        if (runners_[i]->state().result == UnitResult::waiting) {
            result.push_back(i);
        }
    }
    return result;
}

}  // namespace edgecert
