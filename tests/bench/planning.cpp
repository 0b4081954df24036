// Planning a converged fleet that is all in memory: time on one core, memory, growth, and what an edit costs.
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "resources/authorities/unit.h"
#include "resources/kinds/fleet.h"
#include "resources/pool/observed_fleet.h"
#include "resources/pool/unit.h"
#include "tests/bench/benches.h"
#include "tests/bench/fleet_files.h"
#include "tests/bench/fleet_view.h"
#include "tests/bench/measure.h"

namespace edgecert::bench {

namespace {

Fleet fleet_of(const FleetFolder& folder) {
    Resolved resolved = load_fleet({folder.path()}, bench_time());
    require(resolved.diagnostics.empty(), "the manifests have no mistake");
    return std::move(resolved.fleet);
}

// A fleet and what its servers hold.
struct Scene {
    FleetView made;
    Fleet fleet{};
    std::map<std::string, AuthoritySpec> authorities{};
    std::map<std::string, PoolView> views{};
    PlanInputs inputs{};

    explicit Scene(Fleet declared, Signatures signatures = Signatures::checked)
        : made(signatures), fleet(std::move(declared)) {
        for (const AuthoritySpec& authority : fleet.authorities) {
            authorities.emplace(authority.name, authority);
        }
        for (const Pool& pool : fleet.pools) {
            views.emplace(pool.name, made.of(pool));
        }
        inputs.at = bench_time();
    }

    // As the plan of the whole fleet is made: units, then all of them put together and named.
    [[nodiscard]] Plan plan() const {
        std::vector<UnitPlan> units;
        for (const AuthoritySpec& authority : fleet.authorities) {
            units.push_back(plan_authority(authority, *made.authority(), true, inputs));
        }
        for (const Pool& pool : fleet.pools) {
            units.push_back(plan_pool(pool, authorities, views.at(pool.name), inputs));
        }
        return make_plan(inputs, requirements_digest(fleet), std::move(units), {});
    }
};

void require_nothing_to_do(const Plan& plan, std::size_t pools) {
    require(!has_changes(plan) && exit_status(plan) == 0, "there is nothing to do");
    require(count(plan).pools == static_cast<int>(pools), "every pool is in the plan");
    require(plan.units.back().overview.serving.size() == certificates_a_pool, "what serves is in its head");
}

std::string thousands(std::size_t count) {
    const std::string digits = std::to_string(count);
    return digits.size() < 4 ? digits
                             : digits.substr(0, digits.size() - 3) + "," + digits.substr(digits.size() - 3);
}

// Seconds for so many pools, on one core.
double time_of(std::size_t pools, int turns) {
    const FleetFolder folder({.pools = pools});
    const Scene scene(fleet_of(folder));
    const OneCore alone;
    return least_processor_time(turns, [&] { require_nothing_to_do(scene.plan(), pools); });
}

// The first plan over an observation, which checks every signature: seconds, on one core. One turn only, for
// then they are known.
double cold_time_of(std::size_t pools) {
    const FleetFolder folder({.pools = pools});
    const Scene scene(fleet_of(folder), Signatures::unchecked);
    const OneCore alone;
    return least_processor_time(1, [&] { require_nothing_to_do(scene.plan(), pools); });
}

Observation observation_of(const Fleet& fleet, const FleetView& made) {
    Observation seen{.at = bench_time()};
    for (const AuthoritySpec& authority : fleet.authorities) {
        seen.authorities.emplace(authority.name, *made.authority());
    }
    for (const Pool& pool : fleet.pools) {
        seen.pools.emplace(pool.name, made.of(pool));
    }
    return seen;
}

// What planning adds to loading when one line of one pool has changed since the last plan of the same
// observation, in one process. No command stays running over an edit: each begins with the whole plan.
void bench_edit(std::size_t pools, int turns) {
    FleetFolder folder({.pools = pools});
    const FleetView made;
    PlanInputs inputs;
    inputs.at = bench_time();
    const Fleet first = fleet_of(folder);
    ObservedFleet observed(observation_of(first, made), inputs);
    folder.edit_one_line();
    const Fleet edited = fleet_of(folder);
    FleetPart all;
    for (const AuthoritySpec& authority : first.authorities) {
        all.authorities.insert(authority.name);
    }
    for (const Pool& pool : first.pools) {
        all.pools.insert(pool.name);
    }
    require(!has_changes(observed.plan(first, all, {})), "there is nothing to do before the edit");
    const OneCore alone;
    double least = 0;
    for (int turn = 0; turn < turns; ++turn) {
        const double took = least_processor_time(1, [&] {
            const Plan& plan = observed.plan(edited, all, {});
            const auto changed = std::count_if(plan.units.begin(),
                                               plan.units.end(),
                                               [](const UnitPlan& unit) { return !unit.steps.empty(); });
            require(changed == 1, "the pool that was edited changes, and no other");
        });
        least = turn == 0 ? took : std::min(least, took);
        require(!has_changes(observed.plan(first, all, {})), "without the edit there is nothing to do");
    }
    print(
        {.what = "plan after a one-line edit, besides loading, where the rest was planned before (no command "
                 "stays running so long): " +
                 thousands(pools) + " pools, one core",
         .value = least * 1e3,
         .unit = "ms",
         .limit = 50.0});
}

}  // namespace

void plan_once(const std::string& folder) {
    Resolved resolved = load_fleet({folder}, bench_time());
    const Scene scene(std::move(resolved.fleet));
    const Plan plan = scene.plan();
    require_nothing_to_do(plan, scene.fleet.pools.size());
    std::cout << peak_memory() << "\n";
}

void bench_planning(bool tiny) {
    const std::size_t usual = tiny ? 10 : 10'000;
    {
        const FleetFolder folder({.pools = usual});
        print({.what = "peak memory: fleet, view and plan of " + thousands(usual) + " pools",
               .value = std::stod(run_again({"--plan-once", folder.path().string()})) / 1e6,
               .unit = "MB",
               .limit = 500.0});
    }
    const int turns = tiny ? 1 : 3;
    bench_edit(usual, turns);
    print({.what = "first plan of an observation, one core: a pool of " + thousands(usual),
           .value = cold_time_of(usual) / static_cast<double>(usual) * 1e6,
           .unit = "µs"});
    double smallest = 0;
    for (const std::size_t pools : {usual / 10, usual, usual * 10}) {
        const double took = time_of(pools, turns) / static_cast<double>(pools) * 1e6;
        smallest = smallest == 0 ? took : smallest;
        print({.what = "plan, nothing to do, one core: a pool of " + thousands(pools),
               .value = took,
               .unit = "µs",
               .against = "a pool of " + thousands(usual / 10),
               .reference = smallest,
               .limit = pools == usual ? std::optional(100.0) : std::nullopt});
    }
}

}  // namespace edgecert::bench
