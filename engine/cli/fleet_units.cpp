// FleetUnits: one unit an authority that is used, one a pool.
#include "engine/cli/fleet_units.h"

#include <algorithm>
#include <set>

#include "engine/cli/addresses.h"

namespace edgecert {

Fleet narrowed(const Fleet& fleet, const std::vector<std::string>& targets) {
    std::set<std::string> pools;
    std::set<std::string> authorities;
    for (const std::string& target : targets) {
        const Address address = parse_address(target, fleet);
        if (!address.authority.empty())
            authorities.insert(address.authority);
        for (const Pool* pool : pools_of(address, fleet))
            pools.insert(pool->name);
    }
    Fleet part{.authorities = {}, .pools = {}, .sites = fleet.sites};
    for (const Pool& pool : fleet.pools) {
        if (!targets.empty() && !pools.contains(pool.name))
            continue;
        part.pools.push_back(pool);
        authorities.insert(pool.authorities.begin(), pool.authorities.end());
    }
    std::copy_if(fleet.authorities.begin(),
                 fleet.authorities.end(),
                 std::back_inserter(part.authorities),
                 [&](const AuthoritySpec& authority) { return authorities.contains(authority.name); });
    return part;
}

FleetUnits::FleetUnits(const Fleet& fleet, const std::vector<std::string>& targets, World& world) {
    const Fleet part = narrowed(fleet, targets);
    for (const AuthoritySpec& spec : part.authorities) {
        authorities_.push_back(std::make_unique<AuthorityUnit>(
            spec, world.open_authority(spec), world.clock(), world.certificates()));
    }
    for (const Pool& pool : part.pools) {
        std::vector<AuthorityUnit*> needed;
        for (const auto& authority : authorities_) {
            const auto& names = pool.authorities;
            if (std::find(names.begin(), names.end(), authority->spec().name) != names.end())
                needed.push_back(authority.get());
        }
        pools_.push_back(std::make_unique<PoolUnit>(pool, needed, world));
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

PoolUnit& FleetUnits::pool(const std::string& name) const {
    const auto found = std::find_if(
        pools_.begin(), pools_.end(), [&](const auto& unit) { return unit->pool().name == name; });
    if (found == pools_.end())
        throw Error("unknown-address", "there is no pool `" + name + "` here");
    return **found;
}

}  // namespace edgecert
