// What of an issuance has to be remembered, by whom, and who may have forgotten it: the first half of I5; and
// that no CA is born twice.
#include <algorithm>
#include <set>
#include <string>

#include "tests/simulation/judge.h"

namespace edgecert::simulation {

namespace {

std::set<std::string> issuances_of(const StoreState& state) {
    std::set<std::string> found;
    for (const RequestEntry& request : state.requests) {
        found.insert(request.issuance);
    }
    for (const PersonalEntry& entry : state.personal) {
        found.insert(entry.issuance);
    }
    return found;
}

}  // namespace

// Is whoever remembers it out of reach?
bool Judge::nobody_to_ask(const SimSubmission& one, const SimController& by) const {
    const auto known_by = known_by_.find(one.ticket);
    if (known_by == known_by_.end()) {
        return false;
    }
    if (installed_.contains(one.what.issuance)) {
        return std::any_of(world_.servers.begin(), world_.servers.end(), [&](const auto& server) {
            return !by.in_touch().contains(server.first) &&
                   issuances_of(server.second->state).contains(one.what.issuance);
        });
    }
    return std::none_of(known_by->second.begin(), known_by->second.end(), [&](const std::string& place) {
        return by.in_touch().contains(place);
    });
}

// At most one accepted submission an issuance id; one that the CA denied in the end is none.
void Judge::submitted(const SimCa& ca, const SimSubmission& submission, bool again, const SimController& by) {
    count(5);
    tell("      " + ca.name + (again ? " is told again of " : " accepts ") +
         submission.what.issuance.substr(0, 8) + " as request " + submission.ticket);
    const auto times = std::count_if(ca.log.begin(), ca.log.end(), [&](const SimSubmission& one) {
        return one.what.issuance == submission.what.issuance && one.state != SimSubmissionState::denied &&
               !forgotten_.contains(one.ticket) &&
               (one.ticket == submission.ticket || !nobody_to_ask(one, by));
    });
    if (times > 1) {
        violate("I5",
                ca.name + " accepted issuance " + submission.what.issuance.substr(0, 8) + " " +
                    std::to_string(times) + " times");
    }
    if (again) {
        return;
    }
    // Whoever could be reached has to know of it before it is sent.
    std::set<std::string>& known_by = known_by_[submission.ticket];
    for (const Pool& pool : fleet_.pools) {
        for (const ServerSpec& server : pool.servers) {
            if (pool.name == submission.what.pool && !server.absent &&
                by.in_touch().contains(server.store.directory)) {
                known_by.insert(server.store.directory);
            }
        }
    }
}

void Judge::people_begin() {
    known_before_.clear();
    for (const auto& [name, server] : world_.servers) {
        known_before_[name] = {server->state.store_id, issuances_of(server->state)};
    }
    existing_before_.clear();
    for (const auto& [name, ca] : world_.authorities) {
        if (ca->exists) {
            existing_before_.insert(name);
        }
    }
}

// Somebody destroyed what remembered an issuance: when nobody can know of it any more, it may be asked for
// again.
void Judge::people_ended() {
    ++world_.acts_of_people;
    std::set<std::string> known;
    for (const auto& [name, server] : world_.servers) {
        const std::set<std::string> now = issuances_of(server->state);
        known.insert(now.begin(), now.end());
    }
    for (const auto& [name, ca] : world_.authorities) {
        if (!ca->exists && existing_before_.contains(name)) {
            lost_meanwhile_.insert(name);
        }
        for (const SimSubmission& one : ca->log) {
            std::set<std::string>& by = known_by_[one.ticket];
            for (const auto& [server, before] : known_before_) {
                const StoreState& now = world_.servers.at(server)->state;
                const bool lost = before.issuances.contains(one.what.issuance) &&
                                  !issuances_of(now).contains(one.what.issuance);
                if (lost || before.store_id != now.store_id) {
                    by.erase(server);
                }
            }
            const bool installed = installed_.contains(one.what.issuance);
            if (!known.contains(one.what.issuance) && (installed || by.empty())) {
                forgotten_.insert(one.ticket);
            }
        }
    }
}

// What goes with a server that was declared absent may be the last that anybody but its CA knew of an
// issuance: who sees the CA's log goes by that, and to all others it is as if it had never been.
void Judge::retired_with_its_server(const MemoryServer& server, const StoreState& before) {
    std::set<std::string> known;
    for (const auto& [name, other] : world_.servers) {
        const std::set<std::string> now = issuances_of(other->state);
        known.insert(now.begin(), now.end());
    }
    const auto [pool, spec] = place_of(server);
    for (const PersonalEntry& entry : before.personal) {
        if (spec == nullptr || !spec->absent || known.contains(entry.issuance)) {
            continue;
        }
        for (const auto& [name, ca] : world_.authorities) {
            for (const SimSubmission& one : ca->log) {
                if (ca->kind != SimCaKind::local && one.what.issuance == entry.issuance) {
                    forgotten_.insert(one.ticket);
                }
            }
        }
    }
}

void Judge::note_installed(const StoreState& state) {
    for (const PersonalEntry& entry : state.personal) {
        if (!entry.issuance.empty()) {
            installed_.insert(entry.issuance);
        }
    }
}

void Judge::several_begin() {
    lost_meanwhile_.clear();
    trusted_before_several_.clear();
    for (const auto& [name, server] : world_.servers) {
        for (const TrustEntry& entry : server->state.trust) {
            trusted_before_several_.emplace(name, entry.authority);
        }
    }
}

void Judge::born(const SimCa& ca) {
    if (!ca.was_born) {
        return;
    }
    // A run goes by what it observed. Of several at once one may have made this CA and had it trusted since,
    // and its folder may have been lost again: what stands in a store since then another could not see.
    const bool lost_meanwhile = world_.pass_the_turn && lost_meanwhile_.contains(ca.name);
    for (const auto& [name, server] : world_.servers) {
        if (world_.gone.contains(name) || world_.away.contains(name) || world_.flapping.contains(name)) {
            continue;  // nobody can ask it
        }
        for (const TrustEntry& entry : server->state.trust) {
            const bool unseen = lost_meanwhile && !trusted_before_several_.contains({name, ca.name});
            if (entry.owned && entry.authority == ca.name && !unseen) {
                violate("birth", "the CA " + ca.name + " is made a second time, and " + name + " trusts it");
            }
        }
    }
}

}  // namespace edgecert::simulation
