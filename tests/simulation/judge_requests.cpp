// What every single effect has to keep of requests: I4, I5.
#include <algorithm>
#include <set>
#include <string>

#include "resources/pool/open_request.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

namespace {

bool is_open(RequestPhase phase) {
    return phase != RequestPhase::denied && phase != RequestPhase::abandoned;
}

// A crash came between installing its answer and forgetting it: it is a certificate, and not open.
bool has_arrived(const StoreState& state, const RequestEntry& request) {
    return std::any_of(state.personal.begin(), state.personal.end(), [&](const PersonalEntry& entry) {
        return entry.issuance == request.issuance && entry.key == KeyState::present;
    });
}

}  // namespace

// A request's key is kept from submission until installed or abandoned.
void Judge::i4_keys_of_requests_stay(const MemoryServer& server, const StoreState& before) {
    for (const RequestEntry& request : before.requests) {
        if (request.key != KeyState::present || request.phase == RequestPhase::created ||
            request.phase == RequestPhase::abandoned) {
            continue;
        }
        count(4);
        const bool kept = std::any_of(
            server.state.requests.begin(), server.state.requests.end(), [&](const RequestEntry& one) {
                return one.spki == request.spki && one.key == KeyState::present;
            });
        const bool installed = std::any_of(
            server.state.personal.begin(), server.state.personal.end(), [&](const PersonalEntry& one) {
                return one.certificate->spki_sha256 == request.spki && one.key == KeyState::present;
            });
        if (!kept && !installed) {
            violate("I4", "the key of request " + brief(request.issuance) + " is lost from " + server.name);
        }
    }
}

// … and at most one open request a certificate and requirement, unless resubmitted: then what was open before
// that was asked for counts no more, for good.
void Judge::i5_one_open_request(const MemoryServer& server,
                                const StoreState& before,
                                StoreOperation operation,
                                const SimController& by) {
    const auto [pool, spec] = place_of(server);
    if (operation != StoreOperation::create_request || pool == nullptr) {
        return;
    }
    count(5);
    for (const RequestEntry& made : server.state.requests) {
        const bool fresh = made.pool == pool->name && made.key == KeyState::present && is_open(made.phase) &&
                           std::none_of(before.requests.begin(), before.requests.end(), [&](const auto& one) {
                               return one.issuance == made.issuance && one.key == KeyState::present;
                           });
        if (!fresh) {
            continue;
        }
        const auto run = resubmits_.find(&by);
        const std::string address = pool->name + "/" + made.name;
        const bool asked_anew = run != resubmits_.end() && std::find(run->second.resubmit.begin(),
                                                                     run->second.resubmit.end(),
                                                                     address) != run->second.resubmit.end();
        std::set<std::string> open;
        for (const ServerSpec& other : pool->servers) {
            if (other.absent && world_.gone.contains(other.store.directory)) {
                continue;  // gone with its disk, and declared so
            }
            const StoreState& state = world_.servers.at(other.store.directory)->state;
            for (const RequestEntry& one : state.requests) {
                if (one.pool != pool->name || one.key != KeyState::present || !is_open(one.phase) ||
                    one.name != made.name || one.requirement != made.requirement || has_arrived(state, one)) {
                    continue;
                }
                if (asked_anew && one.created < run->second.at) {
                    replaced_.insert(one.issuance);
                }
                if (!replaced_.contains(one.issuance)) {
                    open.insert(one.issuance);
                }
            }
        }
        if (open.size() > 1) {
            violate("I5", std::to_string(open.size()) + " open requests for " + address);
        }
    }
}

// What an operator gave up, or a newer request replaced, is not gone on with. With its power a server may
// lose what was written when its disk failed, and was never reported as done.
void Judge::i5_given_up_stays_given_up(const MemoryServer& server, const StoreState& before) {
    if (server.unsettled) {
        return;
    }
    for (const RequestEntry& request : before.requests) {
        const bool for_good = request.phase == RequestPhase::abandoned &&
                              request.message != given_up_because::requirement_changed;
        const bool goes_on =
            for_good &&
            std::any_of(
                server.state.requests.begin(), server.state.requests.end(), [&](const RequestEntry& one) {
                    return one.spki == request.spki && one.name == request.name &&
                           one.issuance == request.issuance && one.phase != RequestPhase::abandoned;
                });
        if (goes_on) {
            violate("I5",
                    "request " + brief(request.issuance) + ", which was given up for good, goes on on " +
                        server.name);
        }
    }
}

}  // namespace edgecert::simulation
