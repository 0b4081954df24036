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

void Narrator::started(const Step& step) {
    ++statistics_.steps;
    ++statistics_.performed.at(static_cast<std::size_t>(step.action));
    judge_.performing(step.action);
    judge_.tell("    " + brief(step));
}

void Narrator::ended(const Step& /*step*/, const Outcome& outcome) {
    judge_.performing(Action::wait);
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
        judge_.tell("      failed: " + failed->why.code + ": " + failed->why.text);
    } else if (const auto* waiting = std::get_if<Waiting>(&outcome)) {
        judge_.tell("      waits for " + waiting->on_whom);
    }
}

void Narrator::unit_ended(const UnitId& unit, const std::string& result) {
    judge_.tell("    " + unit + " " + result);
}

Process::Process(
    SimWorld& world, const Fleet& fleet, const std::string& name, Judge& judge, Statistics& statistics)
    : controller_(world, name), narrator_(judge, statistics) {
    std::vector<AuthorityUnit*> known;
    for (const AuthoritySpec& spec : fleet.authorities) {
        authorities_.push_back(std::make_unique<AuthorityUnit>(
            spec, controller_.open_authority(spec), controller_.clock(), controller_.certificates()));
        known.push_back(authorities_.back().get());
        units_.push_back(authorities_.back().get());
    }
    for (const Pool& pool : fleet.pools) {
        pools_.push_back(std::make_unique<PoolUnit>(pool, known, controller_));
        units_.push_back(pools_.back().get());
    }
}

Process::~Process() = default;

Plan Process::look_and_plan(const PlanInputs& inputs) {
    failures_ = observe_all(units_, 1, narrator_);
    return plan_all(units_, inputs, "simulated", {}, failures_);
}

Run Process::carry_out(const Plan& plan, bool observed) {
    ApplyOptions options;
    options.observed = observed;
    options.parallel = 1;
    const StopRequest go{0};
    return apply(units_, plan, options, controller_.clock(), narrator_, go);
}

}  // namespace edgecert::simulation
