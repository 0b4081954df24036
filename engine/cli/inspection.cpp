// Inspection: manifests, world and units put together once for all commands.
#include "engine/cli/inspection.h"

#include <utility>

#include "engine/cli/records.h"
#include "engine/cli/signals.h"
#include "engine/files/files.h"

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

std::map<std::string, AuthoritySpec> by_name(const Fleet& fleet) {
    std::map<std::string, AuthoritySpec> specs;
    for (const AuthoritySpec& authority : fleet.authorities)
        specs.emplace(authority.name, authority);
    return specs;
}

// Does any store of the observation have a trusted certificate that this tool put there for the authority?
bool known_to_a_store(const std::string& authority, const Observation& observation) {
    for (const auto& [pool, view] : observation.pools) {
        for (const auto& [server, seen] : view.servers) {
            for (const TrustEntry& entry : seen.store.trust) {
                if (entry.owned && entry.authority == authority)
                    return true;
            }
        }
    }
    return false;
}

AuthorityView saved_view(const AuthoritySpec& spec, const Observation& observation) {
    const auto found = observation.authorities.find(spec.name);
    if (found != observation.authorities.end())
        return found->second;
    AuthorityView view{.name = spec.name};
    view.reachable = false;
    view.error = "it is not in the saved observation";
    return view;
}

PoolView saved_view(const Pool& pool, const Observation& observation) {
    PoolView view;
    if (const auto found = observation.pools.find(pool.name); found != observation.pools.end())
        view = found->second;
    for (const ServerSpec& server : pool.servers) {
        if (view.servers.contains(server.name))
            continue;
        view.servers[server.name].reachable = false;
        view.servers[server.name].error = "it is not in the saved observation";
    }
    return view;
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

Plan plan_observed(const Declared& declared, const Observation& observation, const PlanInputs& inputs) {
    const Fleet part = narrowed(declared.fleet, inputs.targets);
    std::vector<UnitPlan> units;
    std::map<std::string, std::shared_ptr<const AuthorityView>> projected;
    for (const AuthoritySpec& spec : part.authorities) {
        const AuthorityView view = saved_view(spec, observation);
        units.push_back(plan_authority(spec, view, known_to_a_store(spec.name, observation), inputs));
        projected[spec.name] = std::make_shared<AuthorityView>(project_authority(spec, view));
    }
    const auto specs = by_name(declared.fleet);
    for (const Pool& pool : part.pools) {
        PoolView view = saved_view(pool, observation);
        for (const std::string& authority : pool.authorities)
            view.authorities[authority] = projected.at(authority);
        units.push_back(plan_pool(pool, specs, view, inputs));
    }
    Plan plan =
        make_plan(inputs, requirements_digest(declared.fleet), std::move(units), declared.diagnostics);
    plan.to_look_at_only = true;
    return plan;
}

Observation read_observation(const std::string& path, x509::CertificateCache& cache) {
    return observation_from_json(read_file(path, largest_observation), cache);
}

}  // namespace edgecert
