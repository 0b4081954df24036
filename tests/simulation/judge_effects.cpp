// The invariants that every single effect has to keep: I1, I2, I4, I5, I9, I10.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "resources/pool/open_request.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

namespace {

bool trusts(const StoreState& state, TrustKind kind, const std::string& id) {
    return std::any_of(state.trust.begin(), state.trust.end(), [&](const TrustEntry& entry) {
        return entry.kind == kind && entry.id == id;
    });
}

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

bool Judge::is_trusted(const StoreState& state, const x509::Certificate& certificate) const {
    const x509::Certificate* subject = &certificate;
    for (int depth = 0; depth < 4; ++depth) {
        const TrustEntry* issuer = nullptr;
        for (const TrustEntry& entry : state.trust) {
            const bool usable = entry.certificate->self_signed == (entry.kind == TrustKind::root);
            if (usable && world_.mint.issued_by(*subject, *entry.certificate)) {
                issuer = &entry;
            }
        }
        if (issuer == nullptr) {
            return false;
        }
        if (issuer->kind == TrustKind::root) {
            return true;
        }
        subject = issuer->certificate.get();
    }
    return false;
}

bool Judge::in_a_chain(const std::string& sha256) const {
    for (const auto& [name, ca] : world_.authorities) {
        std::vector<std::pair<int, Instant>> generations = ca->older;
        generations.emplace_back(ca->generation, ca->born);
        for (const auto& [generation, born] : generations) {
            if (world_.mint.chain(name, generation, born).issuing->sha256 == sha256) {
                return true;
            }
        }
    }
    return false;
}

void Judge::changed(const MemoryServer& server,
                    const StoreState& before,
                    StoreOperation operation,
                    const SimController& by) {
    i1_roles_can_serve(server, before, by);
    i2_barrier(server, before, by);
    i4_keys_of_requests_stay(server, before);
    i5_one_open_request(server, operation);
    i9_only_roots_in_root(server, before);
    i10_foreign_things_stay(server, before, by);
    if (operation == StoreOperation::assign && !by.disturbed()) {
        few_at_once(server, before);
    }
    // What is retired is decided on what was seen before; somebody may have acted elsewhere since.
    const bool as_seen = world_.acts_of_people == acts_at_start_;
    if (operation == StoreOperation::retire && as_seen && !by.disturbed()) {
        retired_late(server, before);
    }
    if (operation == StoreOperation::retire) {
        retired_with_its_server(server, before);
    }
    if (operation == StoreOperation::distrust && !by.disturbed()) {
        distrusted_late(server, before);
    }
    if (operation != StoreOperation::accept) {
        foreign_stays_foreign(server, before);
    }
    i5_given_up_stays_given_up(server, before);
    note_installed(server.state);
}

// No effect of ours makes a role point at a certificate without its key or whose chain is not trusted on that
// server: neither by pointing it there, nor by taking key or trust away from under it.
void Judge::i1_roles_can_serve(const MemoryServer& server,
                               const StoreState& before,
                               const SimController& by) {
    count(1);
    const auto can_serve = [&](const StoreState& state, const std::string& role) {
        const CertificateId id = assigned(state, role);
        const PersonalEntry* entry = held(state, id);
        // "Approving `assign-role` approves the way back to `fields.before` while that is valid": going back
        // to what somebody else had put there restores what was, whatever trusts it. What is ours needs its
        // chain.
        const RoleRecord* was = record_of(before, role);
        const bool back = entry != nullptr && !entry->owned && was != nullptr && was->previous == id;
        return id.empty() || back || (entry != nullptr && is_trusted(state, *entry->certificate));
    };
    for (const RoleRecord& record : server.state.roles) {
        const bool pointed = record.assigned != assigned(before, record.role);
        const bool bad = (pointed || server.state.trust.size() < before.trust.size() ||
                          server.state.personal.size() < before.personal.size()) &&
                         !can_serve(server.state, record.role) && (pointed || can_serve(before, record.role));
        if (bad && !by.disturbed()) {
            violate(
                "I1",
                record.role + " on " + server.name + " points at " + brief(record.assigned) +
                    (held(server.state, record.assigned) == nullptr ? " without its key"
                                                                    : ", whose chain is not trusted there"));
        }
    }
}

// Switching a pool requires that every server not in maintenance holds the certificate with its key; a server
// that joins gets the pool's; the way back goes to what the role had before, when what it has was rejected.
void Judge::i2_barrier(const MemoryServer& server, const StoreState& before, const SimController& by) {
    const auto [pool, spec] = place_of(server);
    if (pool == nullptr || by.disturbed()) {
        return;
    }
    for (const RoleRecord& record : server.state.roles) {
        const RoleRecord* was = record_of(before, record.role);
        const CertificateId from = was == nullptr ? CertificateId() : was->assigned;
        if (record.assigned.empty() || record.assigned == from) {
            continue;
        }
        count(2);
        bool joins = false;
        bool rejected = false;
        std::string gap;
        for (const ServerSpec& other : pool->servers) {
            const StoreState& state = world_.servers.at(other.store.directory)->state;
            const bool self = other.store.directory == server.name;
            const RoleRecord* theirs = record_of(self ? before : state, record.role);
            if (theirs != nullptr) {
                joins = joins || (!self && !other.absent && theirs->assigned == record.assigned);
                rejected =
                    rejected || std::any_of(theirs->rejected.begin(),
                                            theirs->rejected.end(),
                                            [&](const Rejection& one) { return one.certificate == from; });
            }
            if (!other.absent && !other.outside && !other.maintenance &&
                held(state, record.assigned) == nullptr) {
                gap = other.store.directory;
            }
        }
        const bool way_back = rejected && was != nullptr && was->previous == record.assigned;
        if (!gap.empty() && !joins && !way_back) {
            violate("I2",
                    record.role + " on " + server.name + " is switched from " + brief(from) + " to " +
                        brief(record.assigned) + " although " + gap + " does not hold it with its key");
        }
    }
}

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

// … and at most one open request a certificate and requirement, unless resubmitted.
void Judge::i5_one_open_request(const MemoryServer& server, StoreOperation operation) {
    const auto [pool, spec] = place_of(server);
    if (operation != StoreOperation::create_request || pool == nullptr || resubmission_) {
        return;
    }
    count(5);
    std::map<std::pair<std::string, std::string>, std::set<std::string>> open;
    for (const ServerSpec& other : pool->servers) {
        if (other.absent && world_.gone.contains(other.store.directory)) {
            continue;  // gone with its disk, and declared so
        }
        const StoreState& state = world_.servers.at(other.store.directory)->state;
        for (const RequestEntry& request : state.requests) {
            if (request.pool == pool->name && request.key == KeyState::present && is_open(request.phase) &&
                !has_arrived(state, request)) {
                open[{request.name, request.requirement}].insert(request.issuance);
            }
        }
    }
    for (const auto& [what, issuances] : open) {
        if (issuances.size() > 1) {
            violate("I5",
                    std::to_string(issuances.size()) + " open requests for " + pool->name + "/" + what.first);
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

// An intermediate never sits in Root by our hand.
void Judge::i9_only_roots_in_root(const MemoryServer& server, const StoreState& before) {
    count(9);
    for (const TrustEntry& entry : server.state.trust) {
        const bool ours = entry.owned || !trusts(before, entry.kind, entry.id);
        if (ours && entry.kind == TrustKind::root && !entry.certificate->self_signed) {
            violate("I9", entry.certificate->subject.common_name + " is in Root of " + server.name);
        }
    }
}

// Nothing we did not install is removed, but for an intermediate of a declared chain that is taken out of
// Root once it is where it belongs.
void Judge::i10_foreign_things_stay(const MemoryServer& server,
                                    const StoreState& before,
                                    const SimController& by) {
    count(10);
    for (const TrustEntry& entry : before.trust) {
        if (entry.owned || trusts(server.state, entry.kind, entry.id)) {
            continue;
        }
        const bool misplaced = entry.kind == TrustKind::root && !entry.certificate->self_signed &&
                               in_a_chain(entry.id) &&
                               (by.disturbed() || trusts(server.state, TrustKind::intermediate, entry.id));
        if (!misplaced) {
            violate("I10",
                    "the trust in " + entry.certificate->subject.common_name +
                        ", which is not ours, is gone from " + server.name);
        }
    }
    for (const PersonalEntry& entry : before.personal) {
        const bool there = std::any_of(
            server.state.personal.begin(), server.state.personal.end(), [&](const PersonalEntry& one) {
                return one.id == entry.id && (entry.key != KeyState::present || one.key == entry.key);
            });
        if (!entry.owned && !there) {
            violate("I10",
                    "certificate " + brief(entry.id) + ", which is not ours, is gone from " + server.name);
        }
    }
    for (const Finding& finding : before.findings) {
        const std::vector<Finding>& now = server.state.findings;
        // What is made of all trusted certificates is ours, and made anew with each of them.
        const bool ours = finding.path == "root.pem" || finding.path == "intermediate.pem";
        if (finding.code == "rubbish" && !ours && std::find(now.begin(), now.end(), finding) == now.end()) {
            violate("I10", finding.path + ", which nobody understands, was touched on " + server.name);
        }
    }
}

// Nor does it become ours: it would be ours to remove.
void Judge::foreign_stays_foreign(const MemoryServer& server, const StoreState& before) {
    for (const PersonalEntry& entry : before.personal) {
        const auto now = std::find_if(server.state.personal.begin(),
                                      server.state.personal.end(),
                                      [&](const PersonalEntry& one) { return one.id == entry.id; });
        if (!entry.owned && now != server.state.personal.end() && now->owned) {
            violate("I10",
                    "certificate " + brief(entry.id) + " of somebody else is ours now on " + server.name);
        }
    }
}

}  // namespace edgecert::simulation
