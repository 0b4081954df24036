// The invariants that every single effect has to keep: I1, I2, I9, I10.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

namespace {

bool trusts(const StoreState& state, TrustKind kind, const std::string& id) {
    return std::any_of(state.trust.begin(), state.trust.end(), [&](const TrustEntry& entry) {
        return entry.kind == kind && entry.id == id;
    });
}

bool is_file_of_ours(const StoreState& state, const std::string& path) {
    return std::any_of(state.trust.begin(), state.trust.end(), [&](const TrustEntry& entry) {
        return entry.owned && path == std::string{entry.kind == TrustKind::root ? "root/" : "intermediate/"} +
                                          entry.id.str() + ".pem";
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
    i5_one_open_request(server, before, operation, by);
    i9_only_roots_in_root(server, before);
    i10_foreign_things_stay(server, before, by);
    if (operation == StoreOperation::assign) {
        for (const RoleRecord& record : server.state.roles) {
            if (record.assigned != assigned(before, record.role)) {
                switches_[&by].emplace(server.name, record.role, record.assigned);
            }
        }
    }
    if (operation == StoreOperation::assign || operation == StoreOperation::unassign) {
        rejected_before_it_goes_back(server, before);
    }
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
        const PersonalEntry* served = held(before, from);
        const bool serves = served != nullptr && served->certificate->not_after > world_.now;
        bool theirs_too = false;  // another member serves it already
        bool rejected = false;
        std::string gap;
        for (const ServerSpec& other : pool->servers) {
            const StoreState& state = world_.servers.at(other.store.directory)->state;
            const bool self = other.store.directory == server.name;
            const RoleRecord* theirs = record_of(self ? before : state, record.role);
            if (theirs != nullptr) {
                theirs_too = theirs_too || (!self && !other.absent && theirs->assigned == record.assigned);
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
        const bool joins = theirs_too && !serves;  // what serves something waits like all others
        const bool way_back = rejected && was != nullptr && was->previous == record.assigned;
        if (!gap.empty() && !joins && !way_back) {
            violate("I2",
                    record.role + " on " + server.name + " is switched from " + brief(from) + " to " +
                        brief(record.assigned) + " although " + gap + " does not hold it with its key");
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
        // What is made of all trusted certificates is ours, and made anew with each of them; so is the file
        // of one of ours, when somebody damaged it.
        const bool ours = finding.path == "root.pem" || finding.path == "intermediate.pem" ||
                          is_file_of_ours(before, finding.path);
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
