// Inspection: manifests, world and units put together once for all commands.
#include "engine/cli/inspection.h"

#include <utility>

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

FleetUnits& Inspection::look(const std::vector<std::string>& targets) {
    FleetUnits& units = open(targets);
    const auto progress = make_progress(console_, world_.clock());
    failures_ = observe_all(units.all(), parallel_, *progress);
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
    return plan_all(
        units_->all(), inputs, requirements_digest(declared_.fleet), declared_.diagnostics, failures_);
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
