// ObservedFleet: the observation filled up with what the manifests name besides, and each unit's plan kept.
#include "resources/pool/observed_fleet.h"

#include <algorithm>
#include <utility>

#include "resources/authorities/unit.h"
#include "resources/pool/unit.h"

namespace edgecert {

namespace {

constexpr const char* not_saved =
    "it is not in the saved observation; `edgecert observe` with these manifests looks at it";

// Does any store of the observation have a trusted certificate that this tool put there for the authority?
bool known_to_a_store(const std::string& authority, const Observation& observation) {
    for (const auto& [pool, view] : observation.pools) {
        for (const auto& [server, seen] : view.servers) {
            const auto ours = [&](const TrustEntry& entry) {
                return entry.owned && entry.authority == authority;
            };
            if (std::any_of(seen.store.trust.begin(), seen.store.trust.end(), ours)) {
                return true;
            }
        }
    }
    return false;
}

AuthorityView saved_view(const AuthoritySpec& spec, const Observation& observation) {
    const auto found = observation.authorities.find(spec.name);
    if (found != observation.authorities.end()) {
        return found->second;
    }
    AuthorityView view{.name = spec.name};
    view.reachable = false;
    view.error = not_saved;
    return view;
}

bool holds_all(const PoolView& view, const Pool& pool) {
    return std::all_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        return view.servers.contains(server.name);
    });
}

// The units of a plan one after the other, by their names, as the plan has them.
class InTurn {
public:
    explicit InTurn(std::vector<UnitPlan> units) : units_(std::move(units)) {}

    // Names must come in the order of the units. Null: there is none of that name.
    [[nodiscard]] UnitPlan* find(const std::string& name) {
        while (next_ < units_.size() && comes_before(units_[next_].overview.unit, name)) {
            ++next_;
        }
        return next_ < units_.size() && units_[next_].overview.unit == name ? &units_[next_] : nullptr;
    }

private:
    std::vector<UnitPlan> units_;
    std::size_t next_{};
};

}  // namespace

ObservedFleet::ObservedFleet(Observation observation, PlanInputs inputs)
    : observation_(std::move(observation)), inputs_(std::move(inputs)) {}

std::vector<UnitPlan> ObservedFleet::plan_authorities() {
    std::vector<UnitPlan> units;
    projected_.clear();
    for (const auto& [name, spec] : authorities_) {
        const AuthorityView view = saved_view(spec, observation_);
        units.push_back(plan_authority(spec, view, known_to_a_store(name, observation_), inputs_));
        projected_[name] = std::make_shared<AuthorityView>(project_authority(spec, view));
    }
    return units;
}

// A pool's authorities are filled in where its view lies: an observation is saved without them, and views are
// too large to be copied for that.
const PoolView& ObservedFleet::view_of(const Pool& pool) {
    const auto saved = observation_.pools.find(pool.name);
    const bool whole = saved != observation_.pools.end() && holds_all(saved->second, pool);
    if (!whole) {
        completed_ = saved == observation_.pools.end() ? PoolView{} : saved->second;
        for (const ServerSpec& server : pool.servers) {
            ServerView missing;
            missing.reachable = false;
            missing.error = not_saved;
            completed_.servers.try_emplace(server.name, std::move(missing));
        }
    }
    PoolView& view = whole ? saved->second : completed_;
    view.declared_pools = declared_pools_;
    view.authorities.clear();
    for (const std::string& authority : pool.authorities) {
        view.authorities[authority] = projected_.at(authority);
    }
    return view;
}

std::vector<ObservedFleet::Known> ObservedFleet::known_of(const Fleet& fleet) {
    const bool loaded = fleet.origins.size() == fleet.pools.size();
    std::vector<Known> known;
    known.reserve(fleet.pools.size());
    auto last = known_.begin();
    for (std::size_t index = 0; index < fleet.pools.size(); ++index) {
        const Pool& pool = fleet.pools[index];
        last = std::find_if(last, known_.end(), [&](const Known& other) { return other.name >= pool.name; });
        Known now{pool.name, loaded ? fleet.origins[index] : std::string{}, {}, false};
        now.same = last != known_.end() && last->name == now.name && !now.origin.empty() &&
                   last->origin == now.origin;
        now.requirements = now.same ? std::move(last->requirements) : requirements_digest(pool);
        known.push_back(std::move(now));
    }
    return known;
}

const Plan& ObservedFleet::plan(const Fleet& fleet,
                                const FleetPart& part,
                                std::vector<Diagnostic> diagnostics) {
    std::map<std::string, AuthoritySpec> authorities;
    for (const AuthoritySpec& spec : fleet.authorities) {
        if (part.authorities.contains(spec.name)) {
            authorities.emplace(spec.name, spec);
        }
    }
    auto pools = names_of_pools(fleet);
    // Every pool may then see another chain, or be in charge of what another one left.
    const bool anew = authorities != authorities_ || declared_pools_ == nullptr || *pools != *declared_pools_;
    authorities_ = std::move(authorities);
    declared_pools_ = std::move(pools);
    known_ = known_of(fleet);
    InTurn before(anew ? std::vector<UnitPlan>{} : std::exchange(plan_.units, {}));
    std::vector<UnitPlan> units = plan_authorities();
    units.reserve(units.size() + part.pools.size());
    std::vector<std::string_view> requirements;
    requirements.reserve(known_.size());
    for (std::size_t index = 0; index < fleet.pools.size(); ++index) {
        const Pool& pool = fleet.pools[index];
        requirements.push_back(known_[index].requirements);
        if (!part.pools.contains(pool.name)) {
            continue;
        }
        UnitPlan* const kept = known_[index].same ? before.find(pool.name) : nullptr;
        units.push_back(kept != nullptr ? std::move(*kept)
                                        : plan_pool(pool, authorities_, view_of(pool), inputs_));
    }
    plan_ = make_plan(
        inputs_, requirements_digest(fleet, requirements), std::move(units), std::move(diagnostics));
    plan_.to_look_at_only = true;
    return plan_;
}

}  // namespace edgecert
