// The invariants that every single effect has to keep: I1, I2, I4, I5, I9, I10.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/judge.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

std::string brief(const std::string& id) {
    return id.empty() ? "nothing" : id.substr(0, 8);
}

const PersonalEntry* held(const StoreState& state, const CertificateId& id) {
    for (const PersonalEntry& entry : state.personal) {
        if (entry.id == id) {
            return entry.key == KeyState::present ? &entry : nullptr;
        }
    }
    return nullptr;
}

const RoleRecord* record_of(const StoreState& state, const std::string& role) {
    for (const RoleRecord& record : state.roles) {
        if (record.role == role) {
            return &record;
        }
    }
    return nullptr;
}

CertificateId assigned(const StoreState& state, const std::string& role) {
    const RoleRecord* record = record_of(state, role);
    return record == nullptr ? "" : record->assigned;
}

bool trusts(const StoreState& state, TrustKind kind, const std::string& id) {
    return std::any_of(state.trust.begin(), state.trust.end(), [&](const TrustEntry& entry) {
        return entry.kind == kind && entry.id == id;
    });
}

bool is_open(RequestPhase phase) {
    return phase != RequestPhase::denied && phase != RequestPhase::abandoned;
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
    if (operation == StoreOperation::retire && !by.disturbed()) {
        retired_late(server, before);
    }
    note_installed(server.state);
}

// At most maxUnavailable servers point at something new of which their services were not told yet. One whose
// role pointed nowhere takes nothing out of service: it joins, whatever is under way elsewhere.
void Judge::few_at_once(const MemoryServer& server, const StoreState& before) {
    const auto [pool, spec] = place_of(server);
    if (pool == nullptr) {
        return;
    }
    for (const RoleRecord& record : server.state.roles) {
        const auto pointed_at = assigned(before, record.role);
        if (record.assigned.empty() || pointed_at.empty() || record.assigned == pointed_at) {
            continue;
        }
        int open = 0;
        for (const ServerSpec& other : pool->servers) {
            const MemoryServer& machine = *world_.servers.at(other.store.directory);
            const RoleRecord* theirs = record_of(machine.state, record.role);
            const bool under_way = theirs != nullptr && theirs->owned && machine.activates &&
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
        const Instant since = entry.superseded.value_or(entry.certificate->not_after);
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
                used = record.assigned == entry.id && !other.absent ? other.store.directory : used;
            }
        }
        for (const CertificateSpec& declared : pool->certificates) {
            const bool last = spec->absent && !elsewhere && declared.name == entry.name &&
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

// No effect of ours makes a role point at a certificate without its key or whose chain is not trusted on that
// server: neither by pointing it there, nor by taking key or trust away from under it.
void Judge::i1_roles_can_serve(const MemoryServer& server,
                               const StoreState& before,
                               const SimController& by) {
    count(1);
    const auto can_serve = [&](const StoreState& state, const std::string& role) {
        const CertificateId id = assigned(state, role);
        const PersonalEntry* entry = held(state, id);
        return id.empty() || (entry != nullptr && is_trusted(state, *entry->certificate));
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
        const CertificateId from = was == nullptr ? "" : was->assigned;
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
        for (const RequestEntry& request : world_.servers.at(other.store.directory)->state.requests) {
            if (request.pool == pool->name && request.key == KeyState::present && is_open(request.phase)) {
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
        if (finding.code == "rubbish" && std::find(now.begin(), now.end(), finding) == now.end()) {
            violate("I10", finding.path + ", which nobody understands, was touched on " + server.name);
        }
    }
}

}  // namespace edgecert::simulation
