// One process of ours in the simulated world, from its start to its end or death.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/apply/progress.h"
#include "resources/authorities/unit.h"
#include "resources/pool/unit.h"
#include "tests/simulation/judge.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

// Tells the judge which action runs, and the story what is done.
class Narrator final : public Progress {
public:
    Narrator(Judge& judge, Statistics& statistics, SimController& controller)
        : judge_(judge), statistics_(statistics), controller_(controller) {}

    void approve(const Plan* plan) { approved_ = plan; }

    void observing(const UnitId& /*unit*/) override {}
    void observed(const UnitId& /*unit*/) override {}
    void started(const Step& step) override;
    void ended(const Step& step, const Outcome& outcome) override;
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) override;
    void note(const std::string& text) override { judge_.tell("    " + text); }

private:
    [[nodiscard]] std::string indent() const;

    Judge& judge_;
    Statistics& statistics_;
    SimController& controller_;
    const Plan* approved_{};
};

class Process {
public:
    // Its clock is `fast` ahead of everybody's.
    Process(SimWorld& world,
            const Fleet& fleet,
            const std::string& name,
            Judge& judge,
            Statistics& statistics,
            Seconds fast = {});
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] SimController& controller() { return controller_; }
    [[nodiscard]] const std::vector<Unit*>& units() const { return units_; }
    [[nodiscard]] Progress& progress() { return narrator_; }

    [[nodiscard]] Plan look_and_plan(const PlanInputs& inputs);
    [[nodiscard]] Run carry_out(const Plan& plan, bool observed);
    [[nodiscard]] const Failures& failures() const { return failures_; }
    // Pools of which the last look could not ask a CA what became of a request.
    [[nodiscard]] std::set<UnitId> unanswered() const;

private:
    SimController controller_;
    Narrator narrator_;
    std::vector<std::unique_ptr<AuthorityUnit>> authorities_{};
    std::vector<std::unique_ptr<PoolUnit>> pools_{};
    std::vector<Unit*> units_{};
    Failures failures_{};
};

// A plan's steps and diagnostics, when somebody listens.
void tell_plan(const Plan& plan, const SimWorld& world);

// Of a step, for a story: "assign-role internal on edge01 (role-superseded)".
[[nodiscard]] std::string brief(const Step& step);

}  // namespace edgecert::simulation
