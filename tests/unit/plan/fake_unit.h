// A unit in memory whose steps are scripted: it keeps what was done, and what it was asked, in order.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply/progress.h"
#include "engine/plan/unit.h"
#include "engine/time/instant.h"

namespace edgecert::test {

class FakeClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    void sleep(Seconds span) override {
        {
            const std::lock_guard lock(mutex_);
            now_ += span;
            slept_.push_back(span);
        }
        if (on_sleep) {
            on_sleep();
        }
    }
    [[nodiscard]] std::vector<Seconds> slept() const {
        const std::lock_guard lock(mutex_);
        return slept_;
    }
    std::function<void()> on_sleep{};

private:
    mutable std::mutex mutex_{};
    Instant now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
    std::vector<Seconds> slept_{};
};

class Recorder final : public Progress {
public:
    void observing(const UnitId& unit) override { add("observing " + unit); }
    void observed(const UnitId& unit) override { add("observed " + unit); }
    void started(const Step& step) override { add("started " + step.summary); }
    void ended(const Step& step, const Outcome& outcome) override {
        static const char* const words[] = {"done ", "waiting ", "failed "};
        add(words[outcome.index()] + step.summary);
    }
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& /*why*/) override {
        add(unit + " " + result);
    }
    void note(const std::string& text) override { add(text); }

    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    void add(const std::string& line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
    }
    mutable std::mutex mutex_{};
    std::vector<std::string> lines_{};
};

// Its plan is what is in `steps` and not done. A script decides what a step answers; without one it is done
// at once.
class FakeUnit final : public Unit {
public:
    using Script = std::function<Outcome(FakeUnit&)>;

    explicit FakeUnit(UnitId name, std::vector<UnitId> needs = {})
        : id_(std::move(name)), needs_(std::move(needs)) {}

    [[nodiscard]] const UnitId& id() const override { return id_; }
    [[nodiscard]] std::span<const UnitId> needs() const override { return needs_; }
    void observe() override {
        log.push_back("observe");
        if (on_observe) {
            on_observe(*this);
        }
    }
    [[nodiscard]] UnitPlan plan(const PlanInputs& inputs) const override {
        ++planned;
        if (on_plan) {
            on_plan(inputs);
        }
        UnitPlan result;
        result.overview.unit = id_;
        for (const Step& step : steps) {
            if (!done.contains(step_id(step))) {
                result.steps.push_back(step);
            }
        }
        return result;
    }
    [[nodiscard]] Outcome perform(const Step& step, const PlanInputs& /*inputs*/) override {
        log.push_back(step.summary);
        const auto script = scripts.find(step.summary);
        const Outcome outcome = script == scripts.end() ? Outcome(Done{}) : script->second(*this);
        if (std::holds_alternative<Done>(outcome) && !without_effect.contains(step.summary)) {
            done.insert(step.id);
        }
        return outcome;
    }

    // Adds a step called `name` after those called so, and gives its id.
    StepId add(const std::string& name,
               const std::vector<StepId>& after = {},
               Action action = Action::trust_root) {
        Step step;
        step.action = action;
        step.unit = id_;
        step.server = "s1";
        step.certificate = name;
        step.summary = name;
        step.after = after;
        steps.push_back(step);
        return step_id(step);
    }
    StepId add_wait(const std::string& name, WaitKind kind, const std::vector<StepId>& after = {}) {
        const StepId id = add(name, after, Action::wait);
        steps.back().wait = Wait{kind, "test", "the officer", {}, "approve"};
        return id;
    }
    void remove(const std::string& name) {
        std::erase_if(steps, [&name](const Step& step) { return step.summary == name; });
    }

    std::vector<Step> steps{};
    std::set<StepId> done{};
    std::map<std::string, Script> scripts{};
    std::set<std::string> without_effect{};
    std::function<void(FakeUnit&)> on_observe{};
    std::function<void(const PlanInputs&)> on_plan{};
    std::vector<std::string> log{};
    mutable int planned{};

private:
    UnitId id_;
    std::vector<UnitId> needs_;
};

}  // namespace edgecert::test
