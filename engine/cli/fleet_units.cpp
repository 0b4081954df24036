// FleetUnits: one unit an authority that is used, one a pool.
#include "engine/cli/fleet_units.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "engine/cli/addresses.h"
#include "engine/text/encoding.h"
#include "resources/pool/look.h"

namespace edgecert {

FleetPart part_of(const Fleet& fleet, const std::vector<std::string>& targets) {
    FleetPart part;
    for (const std::string& target : targets) {
        const Address address = parse_address(target, fleet);
        if (!address.authority.empty())
            part.authorities.insert(address.authority);
        for (const Pool* pool : pools_of(address, fleet))
            part.pools.insert(pool->name);
    }
    for (const Pool& pool : fleet.pools) {
        if (!targets.empty() && !part.pools.contains(pool.name))
            continue;
        part.pools.insert(pool.name);
        part.authorities.insert(pool.authorities.begin(), pool.authorities.end());
    }
    return part;
}

FleetUnits::FleetUnits(const Fleet& fleet, const std::vector<std::string>& targets, World& world) {
    const FleetPart part = part_of(fleet, targets);
    for (const AuthoritySpec& spec : fleet.authorities) {
        if (!part.authorities.contains(spec.name))
            continue;
        authorities_.push_back(std::make_unique<AuthorityUnit>(
            spec, world.open_authority(spec), world.clock(), world.certificates()));
    }
    std::vector<AuthorityUnit*> known;
    for (const auto& authority : authorities_)
        known.push_back(authority.get());
    const auto names = names_of_pools(fleet);
    for (const Pool& pool : fleet.pools) {
        if (part.pools.contains(pool.name)) {
            pools_.push_back(std::make_unique<PoolUnit>(pool, known, world));
            pools_.back()->declare(names);
        }
    }
}

std::vector<Unit*> FleetUnits::all() const {
    std::vector<Unit*> units;
    for (const auto& authority : authorities_)
        units.push_back(authority.get());
    for (const auto& pool : pools_)
        units.push_back(pool.get());
    return units;
}

void FleetUnits::refuse_shared_stores() const {
    struct Seen {
        PoolUnit* unit{};
        const ServerSpec* server{};
    };
    std::map<std::string, Seen> first;
    for (const auto& unit : pools_) {
        for (const ServerSpec& server : unit->pool().servers) {
            const ServerView* view = reachable(unit->view(), server.name);
            if (view == nullptr || view->store.store_id.empty())
                continue;
            const std::string id = view->store.store_id;
            const auto [known, fresh] = first.emplace(id, Seen{unit.get(), &server});
            const Seen& other = known->second;
            if (fresh || other.unit == unit.get() || (other.server->outside && server.outside))
                continue;
            const std::string text = "the servers " + other.unit->pool().name + "/" + other.server->name +
                                     " and " + unit->pool().name + "/" + server.name +
                                     " show the same store (id " + printable(id, 80) +
                                     "): one host in two pools is out of scope, and stores are not copied";
            other.unit->refuse(other.server->name, text);
            unit->refuse(server.name, text);
        }
    }
}

void FleetUnits::look_for_lost_authorities(const Fleet& fleet, World& world) const {
    for (const auto& authority : authorities_) {
        const auto view = authority->view();
        if (!authority->spec().is_local() || !view->reachable || view->exists)
            continue;
        for (const Pool& pool : fleet.pools) {
            const auto& names = pool.authorities;
            const bool uses = std::find(names.begin(), names.end(), authority->spec().name) != names.end();
            const bool looked_at = std::any_of(pools_.begin(), pools_.end(), [&](const auto& unit) {
                return unit->pool().name == pool.name;
            });
            if (uses && !looked_at)
                PoolUnit(pool, {authority.get()}, world).observe();
        }
    }
}

PoolUnit& FleetUnits::pool(const std::string& name) const {
    const auto found = std::find_if(
        pools_.begin(), pools_.end(), [&](const auto& unit) { return unit->pool().name == name; });
    if (found == pools_.end())
        throw Error("unknown-address", "there is no pool `" + name + "` here");
    return **found;
}

}  // namespace edgecert
