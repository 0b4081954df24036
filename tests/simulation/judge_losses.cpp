// What still has to hold where a server or a CA is gone for good: what served serves, and what needs neither
// the lost nor a switch converges.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

bool Judge::is_touched_by_loss(const Pool& pool) const {
    const bool server = std::any_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& one) {
        return world_.gone.contains(one.store.directory);
    });
    const bool authority =
        std::any_of(pool.authorities.begin(), pool.authorities.end(), [&](const std::string& name) {
            return world_.gone.contains("ca/" + name);
        });
    return server || authority;
}

// What answers for the pool and can be reached.
std::vector<const ServerSpec*> Judge::living_members(const Pool& pool) const {
    std::vector<const ServerSpec*> found;
    for (const ServerSpec& server : pool.servers) {
        const bool gone = world_.gone.contains(server.store.directory);
        if (!server.absent && !server.outside && !server.maintenance && !gone) {
            found.push_back(&server);
        }
    }
    return found;
}

void Judge::remember_what_serves() {
    served_.clear();
    for (const Pool& pool : fleet_.pools) {
        for (const ServerSpec* server : living_members(pool)) {
            const std::string& place = server->store.directory;
            const StoreState& state = world_.servers.at(place)->state;
            for (const CertificateSpec& spec : pool.certificates) {
                for (const std::string& role : spec.roles) {
                    const PersonalEntry* entry = held(state, assigned(state, role));
                    if (entry != nullptr && entry->certificate->not_after > world_.now &&
                        is_trusted(state, *entry->certificate)) {
                        served_[{place, role}] = entry->id;
                    }
                }
            }
        }
    }
}

void Judge::what_served_still_serves() {
    for (const auto& [where, before] : served_) {
        const StoreState& state = world_.servers.at(where.first)->state;
        const CertificateId now = assigned(state, where.second);
        const PersonalEntry* entry = held(state, now);
        const bool serves = entry != nullptr && is_trusted(state, *entry->certificate) &&
                            (now == before || entry->certificate->not_after > world_.now);
        if (!serves) {
            violate("service",
                    where.second + " on " + where.first + " served " + brief(before) +
                        ", and does not serve any more although nothing went wrong");
        }
    }
}

// A lost CA concerns only what is to come from it. A lost server is in every barrier: without it nothing is
// switched, but who serves nothing joins what all others serve.
void Judge::living_part_converged(const Pool& pool) {
    trust_is_complete(pool);
    const bool all_there = std::none_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& one) {
        return world_.gone.contains(one.store.directory);
    });
    for (const CertificateSpec& spec : pool.certificates) {
        const std::string& name = spec.requirement.authority;
        const auto ca = world_.authorities.find(name);
        if (ca == world_.authorities.end() || !ca->second->exists || world_.gone.contains("ca/" + name)) {
            continue;
        }
        count(3);
        if (all_there) {
            one_certificate(
                living_members(pool), spec, world_.now, "nothing that is lost concerns " + spec.name);
            continue;
        }
        std::set<CertificateId> serving;
        const PersonalEntry* entry = nullptr;
        for (const ServerSpec* server : living_members(pool)) {
            const StoreState& state = world_.servers.at(server->store.directory)->state;
            for (const std::string& role : spec.roles) {
                const PersonalEntry* here = held(state, assigned(state, role));
                if (here != nullptr && here->certificate->not_after > world_.now) {
                    entry = here;
                    serving.insert(here->id);
                }
            }
        }
        const bool agreed = serving.size() == 1 && entry->exportable;
        const auto authority = std::find_if(fleet_.authorities.begin(),
                                            fleet_.authorities.end(),
                                            [&](const AuthoritySpec& one) { return one.name == name; });
        if (agreed && authority != fleet_.authorities.end() &&
            shortfall(spec, *authority, *entry, world_.now, world_.now).empty()) {
            one_certificate(living_members(pool),
                            spec,
                            world_.now,
                            "all that live serve one " + spec.name + " or nothing");
        }
    }
}

}  // namespace edgecert::simulation
