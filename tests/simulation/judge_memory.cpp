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

// At most one accepted submission an issuance id; one that the CA denied in the end is none.
void Judge::submitted(const SimCa& ca, const SimSubmission& submission, bool again, const SimController& by) {
    count(5);
    tell("      " + ca.name + (again ? " is told again of " : " accepts ") +
         submission.what.issuance.substr(0, 8) + " as request " + submission.ticket);
    const auto times = std::count_if(ca.log.begin(), ca.log.end(), [&](const SimSubmission& one) {
        return one.what.issuance == submission.what.issuance && one.state != SimSubmissionState::denied &&
               !forgotten_.contains(one.ticket);
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

void Judge::note_installed(const StoreState& state) {
    for (const PersonalEntry& entry : state.personal) {
        if (!entry.issuance.empty()) {
            installed_.insert(entry.issuance);
        }
    }
}

void Judge::born(const SimCa& ca) {
    if (!ca.was_born) {
        return;
    }
    for (const auto& [name, server] : world_.servers) {
        for (const TrustEntry& entry : server->state.trust) {
            if (entry.owned && entry.authority == ca.name) {
                violate("birth", "the CA " + ca.name + " is made a second time, and " + name + " trusts it");
            }
        }
    }
}

}  // namespace edgecert::simulation
