// What is switched, removed or trusted no longer goes a few at a time, late, and never from under what needs
// it.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

// At most maxUnavailable servers point at something new of which their services were not told yet. One whose
// role served nothing takes nothing out of service: it joins, whatever is under way elsewhere. "Every server
// switched goes back", also where the service of another one does not take what it had before.
void Judge::few_at_once(const MemoryServer& server, const StoreState& before) {
    const auto [pool, spec] = place_of(server);
    if (pool == nullptr) {
        return;
    }
    for (const RoleRecord& record : server.state.roles) {
        const auto pointed_at = assigned(before, record.role);
        const PersonalEntry* was = held(before, pointed_at);
        const bool served = was != nullptr && was->certificate->not_after > world_.now;
        if (record.assigned.empty() || !served || record.assigned == pointed_at) {
            continue;
        }
        const bool back = std::any_of(record.rejected.begin(),
                                      record.rejected.end(),
                                      [&](const Rejection& one) { return one.certificate == pointed_at; });
        int open = 0;
        for (const ServerSpec& other : pool->servers) {
            const MemoryServer& machine = *world_.servers.at(other.store.directory);
            const RoleRecord* theirs = record_of(machine.state, record.role);
            const bool tried = back && machine.refused.contains(record.role);
            const bool under_way = theirs != nullptr && theirs->owned && machine.activates && !tried &&
                                   theirs->assigned == record.assigned && theirs->activated.empty();
            open += under_way && !other.absent && !other.outside ? 1 : 0;
        }
        if (open > pool->max_unavailable) {
            violate("I2",
                    record.role + " is being switched on " + std::to_string(open) + " servers at once, " +
                        std::to_string(pool->max_unavailable) + " may be");
        }
    }
}

// Do all servers that can be reached and are not in maintenance have one and the same certificate assigned?
bool Judge::is_settled(const Pool& pool, const CertificateSpec& declared) const {
    std::set<CertificateId> serving;
    for (const ServerSpec& server : pool.servers) {
        const std::string& place = server.store.directory;
        if (server.absent || server.outside || server.maintenance || world_.gone.contains(place)) {
            continue;
        }
        for (const std::string& role : declared.roles) {
            serving.insert(assigned(world_.servers.at(place)->state, role));
        }
    }
    return serving.size() <= 1;
}

namespace {

bool has_a_newer(const StoreState& state, const PersonalEntry& than) {
    return std::any_of(state.personal.begin(), state.personal.end(), [&](const PersonalEntry& entry) {
        return entry.owned && entry.name == than.name && entry.requirement == than.requirement &&
               entry.key == KeyState::present && entry.certificate->not_after >= than.certificate->not_after;
    });
}

}  // namespace

// Does a server of the pool serve another certificate, with its key, in this one's place?
bool Judge::is_served_otherwise(const Pool& pool,
                                const CertificateSpec& declared,
                                const CertificateId& id) const {
    return std::any_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        const StoreState& state = world_.servers.at(server.store.directory)->state;
        const CertificateId serves = assigned(state, declared.roles.front());
        return !server.absent && !server.outside && serves != id && held(state, serves) != nullptr;
    });
}

// Not before its time, and not while anybody's role points at it.
void Judge::retired_late(const MemoryServer& server, const StoreState& before) {
    constexpr std::chrono::hours clocks_differ{5};
    const auto [pool, spec] = place_of(server);
    if (pool == nullptr) {
        return;
    }
    for (const PersonalEntry& entry : before.personal) {
        if (held(server.state, entry.id) != nullptr || entry.key != KeyState::present) {
            continue;
        }
        // What no role here ever left goes by when it was asked for.
        const Instant since =
            entry.superseded.value_or(entry.submitted.value_or(entry.certificate->not_before));
        if (!spec->absent && since + pool->retire_after > world_.now + clocks_differ) {
            violate("I10",
                    "certificate " + brief(entry.id) + " is removed from " + server.name + " " +
                        to_words(since + pool->retire_after - world_.now) + " too early");
        }
        bool elsewhere = false;
        std::string used;
        for (const ServerSpec& other : pool->servers) {
            const StoreState& state = world_.servers.at(other.store.directory)->state;
            elsewhere = elsewhere || held(state, entry.id) != nullptr;
            for (const RoleRecord& record : state.roles) {
                // One in maintenance is not waited for: what it serves it holds itself.
                const bool by_itself = other.maintenance && held(state, entry.id) != nullptr;
                used =
                    record.assigned == entry.id && !other.absent && !by_itself ? other.store.directory : used;
            }
        }
        for (const CertificateSpec& declared : pool->certificates) {
            const bool last = spec->absent && !elsewhere && declared.name == entry.name &&
                              !is_served_otherwise(*pool, declared, entry.id) &&
                              !has_a_newer(server.state, entry) &&
                              digest(declared.requirement) == entry.requirement &&
                              entry.certificate->not_after > world_.now && !entry.superseded;
            if (last) {
                violate("I10", "the last copy of " + brief(entry.id) + " is removed from " + server.name);
            }
            if (!spec->absent && declared.name == entry.name && !is_settled(*pool, declared)) {
                violate("I10",
                        "certificate " + brief(entry.id) + " is removed from " + server.name +
                            " before the pool serves one certificate in its place");
            }
        }
        if (!used.empty() && (!spec->absent || !elsewhere)) {
            violate("I10",
                    "certificate " + brief(entry.id) + " is removed from " + server.name +
                        " although a role of " + used + " points at it");
        }
    }
}

// The chain of what is ours and stays here stays with it: roles may have to go back to it.
void Judge::distrusted_late(const MemoryServer& server, const StoreState& before) {
    const auto [pool, spec] = place_of(server);
    if (pool == nullptr) {
        return;
    }
    for (const PersonalEntry& entry : server.state.personal) {
        const bool could_serve = entry.owned && entry.pool == pool->name && entry.key == KeyState::present &&
                                 entry.certificate->not_after > world_.now;
        if (could_serve && is_trusted(before, *entry.certificate) &&
            !is_trusted(server.state, *entry.certificate)) {
            violate("I1",
                    "the chain of " + brief(entry.id) + ", which stays on " + server.name +
                        ", is trusted there no longer");
        }
    }
}

}  // namespace edgecert::simulation
