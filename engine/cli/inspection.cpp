// Inspection: manifests, world and units put together once for all commands.
#include "engine/cli/inspection.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/cli/records.h"
#include "engine/cli/signals.h"
#include "engine/files/files.h"
#include "resources/pool/observed_fleet.h"

namespace edgecert {
namespace {

constexpr std::size_t largest_observation = 512U << 20U;

// Variables that hold a CA's password are for this process alone.
std::vector<std::string> secret_variables(const Fleet& fleet) {
    std::vector<std::string> names;
    for (const AuthoritySpec& authority : fleet.authorities) {
        const auto* adcs = std::get_if<AdcsAuthority>(&authority.kind);
        if (adcs != nullptr && adcs->password.kind == SecretSource::Kind::env) {
            names.insert(names.end(), adcs->password.value.begin(), adcs->password.value.end());
        }
    }
    return names;
}

bool have_same_steps(const Plan& a, const Plan& b) {
    return std::equal(a.units.begin(),
                      a.units.end(),
                      b.units.begin(),
                      b.units.end(),
                      [](const UnitPlan& one, const UnitPlan& other) { return one.steps == other.steps; });
}

// What somebody asked for of a request or a rejection, each with the inputs that lack only it.
std::vector<std::pair<std::string, PlanInputs>> without_each(const PlanInputs& inputs) {
    std::vector<std::pair<std::string, PlanInputs>> all;
    for (const std::string& address : inputs.retry) {
        all.emplace_back("--retry " + address, inputs);
        std::erase(all.back().second.retry, address);
    }
    for (const std::string& address : inputs.resubmit) {
        all.emplace_back("--resubmit " + address, inputs);
        std::erase(all.back().second.resubmit, address);
    }
    for (const auto& [address, id] : inputs.request_ids) {
        all.emplace_back("--request-id " + address + "=" + id, inputs);
        all.back().second.request_ids.erase(address);
    }
    return all;
}

}  // namespace

Inspection::Inspection(const Options& options, const Console& console, Instant at)
    : declared_(declared(options, at, console)),
      world_(stop_request(), secret_variables(declared_.fleet), keep_page),
      console_(console),
      parallel_(options.parallel) {}

FleetUnits& Inspection::open(const std::vector<std::string>& targets) {
    units_ = std::make_unique<FleetUnits>(declared_.fleet, targets, world_);
    return *units_;
}

FleetUnits& Inspection::look(const std::vector<std::string>& targets, Sessions after) {
    FleetUnits& units = open(targets);
    const auto progress = make_progress(console_, world_.clock());
    failures_ = observe_all(units.all(), parallel_, *progress, after);
    units.refuse_shared_stores();
    units.look_for_lost_authorities(declared_.fleet, world_);
    return units;
}

Observation Inspection::observation() const {
    Observation seen{.at = system_time()};
    for (const auto& authority : units_->authorities())
        seen.authorities[authority->spec().name] = *authority->view();
    for (const auto& pool : units_->pools()) {
        PoolView& view = seen.pools[pool->pool().name];
        view = pool->view();
        view.authorities.clear();
    }
    return seen;
}

Plan Inspection::plan(const PlanInputs& inputs) const {
    const auto planned = [this](const PlanInputs& with) {
        return plan_all(
            units_->all(), with, requirements_digest(declared_.fleet), declared_.diagnostics, failures_);
    };
    Plan plan = planned(inputs);
    std::vector<Diagnostic> idle;
    for (const auto& [option, without] : without_each(inputs)) {
        if (have_same_steps(plan, planned(without))) {
            idle.push_back({Severity::warning,
                            "nothing-to-act-on",
                            option + " changes nothing: there is no such request or rejection, or it is "
                                     "outside of --target",
                            {},
                            "",
                            "`edgecert status` shows what is open"});
        }
    }
    console_.show(idle);
    plan.diagnostics.insert(plan.diagnostics.end(), idle.begin(), idle.end());
    return plan;
}

Plan plan_observed(const Declared& declared, Observation observation, const PlanInputs& inputs) {
    ObservedFleet observed(std::move(observation), inputs);
    return observed.plan(declared.fleet, part_of(declared.fleet, inputs.targets), declared.diagnostics);
}

Observation read_observation(const std::string& path, x509::CertificateCache& cache) {
    const std::string bytes = read_file(path, largest_observation);
    return naming(path, [&bytes, &cache] { return observation_from_json(bytes, cache); });
}

}  // namespace edgecert
