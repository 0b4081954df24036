// Starts units over a controller, and lets the real executor drive them.
#include "tests/simulation/process.h"

#include <string>
#include <variant>

namespace edgecert::simulation {

std::string brief(const Step& step) {
    std::string text = std::string(to_text(step.action)) + " " +
                       (step.role.empty() ? step.certificate : step.role) +
                       (step.server.empty() ? "" : " on " + step.server) +
                       (step.object.empty() ? "" : " " + step.object.substr(0, 8));
    for (const Reason& reason : step.reasons) {
        text += " (" + reason.code + ")";
    }
    return step.unit + ": " + text;
}

// Several at once are told apart by their names.
std::string Narrator::indent() const {
    return controller_.world().pass_the_turn ? "    [" + controller_.name() + "] " : "    ";
}

void tell_plan(const Plan& plan, const SimWorld& world) {
    if (!world.tell) {
        return;
    }
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            world.tell("  plan: " + brief(step) + (step.wait ? " " + step.wait->what_to_do : ""));
        }
        for (const Diagnostic& diagnostic : unit.diagnostics) {
            world.tell("  plan: " + unit.overview.unit + ": " + diagnostic.code + ": " + diagnostic.text);
        }
    }
}

void Narrator::started(const Step& step) {
    ++statistics_.steps;
    ++statistics_.performed.at(static_cast<std::size_t>(step.action));
    judge_.performing(step.action);
    judge_.tell(indent() + brief(step));
    controller_.begin_step();
    judge_.begins(approved_, step, controller_);
}

void Narrator::ended(const Step& step, const Outcome& outcome) {
    judge_.performing(Action::wait);
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
        judge_.tell(indent() + "  failed: " + failed->why.code + ": " + failed->why.text);
        judge_.failed(step, *failed, controller_);
    } else if (const auto* waiting = std::get_if<Waiting>(&outcome)) {
        judge_.tell(indent() + "  waits for " + waiting->on_whom);
    }
}

void Narrator::unit_ended(const UnitId& unit, const std::string& result, const std::string& /*why*/) {
    judge_.tell(indent() + unit + " " + result);
}

Process::Process(SimWorld& world,
                 const Fleet& fleet,
                 const std::string& name,
                 Judge& judge,
                 Statistics& statistics,
                 Seconds fast)
    : controller_(world, name, fast), narrator_(judge, statistics, controller_) {
    judge.starts(controller_);
    std::vector<AuthorityUnit*> known;
    for (const AuthoritySpec& spec : fleet.authorities) {
        authorities_.push_back(std::make_unique<AuthorityUnit>(
            spec, controller_.open_authority(spec), controller_.clock(), controller_.certificates()));
        known.push_back(authorities_.back().get());
        units_.push_back(authorities_.back().get());
    }
    const auto names = names_of_pools(fleet);
    for (const Pool& pool : fleet.pools) {
        pools_.push_back(std::make_unique<PoolUnit>(pool, known, controller_));
        pools_.back()->declare(names);
        units_.push_back(pools_.back().get());
    }
}

Process::~Process() = default;

std::set<UnitId> Process::unanswered() const {
    std::set<UnitId> found;
    for (const auto& pool : pools_) {
        if (!pool->view().silent.empty()) {
            found.insert(pool->id());
        }
    }
    return found;
}

Plan Process::look_and_plan(const PlanInputs& inputs) {
    failures_ = observe_all(units_, 1, narrator_);
    return plan_all(units_, inputs, "simulated", {}, failures_);
}

Run Process::carry_out(const Plan& plan, bool observed) {
    ApplyOptions options;
    options.observed = observed;
    options.parallel = 1;
    const StopRequest go{0};
    narrator_.approve(&plan);
    return apply(units_, plan, options, controller_.clock(), narrator_, go);
}

}  // namespace edgecert::simulation
