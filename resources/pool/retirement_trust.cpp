// Trust that is retired: roots and intermediates of ours that no declared chain holds any more.
#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/retirement.h"
#include "resources/pool/unneeded.h"
#include "resources/x509/chain.h"

namespace edgecert {

namespace {

// Of one authority's chain; while nobody knows what its chain is, all that was trusted for it.
void add_declared(const Planning& planning,
                  const std::string& authority,
                  const StoreObservation& store,
                  std::set<CertificateId>& needed) {
    const auto view = planning.view().authorities.find(authority);
    if (view == planning.view().authorities.end() || view->second->chain.empty()) {
        for (const auto& entry : store.trust) {
            if (entry.authority == authority) {
                needed.insert(entry.id);
            }
        }
        return;
    }
    for (const auto& member : view->second->chain) {
        needed.insert(member.certificate ? CertificateId(member.certificate->sha256) : unborn(member.birth));
    }
}

// The chains of certificates that a role refers to, or that are ours and stay, on an absent server too: while
// its CA is away, what stores trust is all that tells whether a certificate may still be needed. Where a CA
// renewed its certificate and kept its key, several lead on: a declared one first, then by fingerprint, never
// by the order in the store, which a plan that trusts something more cannot know.
void add_in_use(const StoreObservation& store, std::set<CertificateId>& needed) {
    std::vector<x509::CertificateRef> trusted;
    for (const auto& entry : store.trust) {
        if (entry.certificate) {
            trusted.push_back(entry.certificate);
        }
    }
    std::sort(trusted.begin(), trusted.end(), [&](const auto& left, const auto& right) {
        const bool left_later = !needed.contains(left->sha256);
        const bool right_later = !needed.contains(right->sha256);
        return std::tie(left_later, left->sha256) < std::tie(right_later, right->sha256);
    });
    for (const auto& entry : store.personal) {
        const bool stays = is_in_use(store, entry.id) || entry.owned;
        if (!stays || !entry.certificate || EDGECERT_MUTANT(chain_in_use_distrusted)) {
            continue;
        }
        if (is_in_use(store, entry.id)) {  // what is presented may lead another way
            for (const auto& issuer : x509::chain_above(entry.certificate, entry.chain)) {
                needed.insert(issuer->sha256);
            }
        }
        if (const auto path = issuers(*entry.certificate, trusted)) {
            for (const auto& issuer : *path) {
                needed.insert(issuer->sha256);
            }
        }
    }
}

// Ours, and not needed. Intermediates first: a root goes after what it vouches for.
std::vector<TrustEntry> surplus(const Planning& planning,
                                const ServerSpec& server,
                                const StoreObservation& store,
                                const std::set<CertificateId>& needed) {
    std::vector<TrustEntry> found;
    for (const bool roots : {false, true}) {
        for (const auto& entry : store.trust) {
            const bool ours = EDGECERT_MUTANT(foreign_trust_removed) ||
                              (entry.owned && is_in_charge(planning, server, entry.pool));
            if (ours && (entry.kind == TrustKind::root) == roots && !needed.contains(entry.id)) {
                found.push_back(entry);
            }
        }
    }
    return found;
}

// Behind everything that points roles elsewhere, and behind what else is trusted or removed on this server.
std::vector<StepId> before_distrust(const Planning& planning, const ServerSpec& server) {
    auto found = role_steps(planning);
    for (const auto& other : planning.steps) {
        const bool before =
            other.server == server.name &&
            (other.action == Action::trust_root || other.action == Action::trust_intermediate ||
             other.action == Action::retire_certificate || other.action == Action::distrust);
        if (before) {
            found.push_back(other.id);
        }
    }
    return found;
}

void add_distrust(Planning& planning, const ServerSpec& server, const TrustEntry& entry) {
    auto step = make_step(planning, Action::distrust, server.name, entry.authority);
    step.object =
        is_unborn(entry.id) ? entry.id.str().substr(std::string_view{"issuance:"}.size()) : entry.id.str();
    step.summary =
        "trust " + (entry.certificate ? entry.certificate->subject_text : step.object) + " no longer";
    step.fields.push_back({"store", entry.kind == TrustKind::root ? "root" : "intermediate", {}});
    step.reasons.push_back(
        {server.absent ? "server-absent" : "not-in-chain",
         server.absent ? "the server is declared absent" : "no declared chain holds it any more",
         Cause::manifest,
         server.absent ? server.where : planning.pool.where});
    step.after = before_distrust(planning, server);
    planning.add(std::move(step));
}

}  // namespace

void diff_trust_retirement(Planning& planning, const ServerSpec& server) {
    const auto& store = reachable(planning, server)->store;
    std::set<CertificateId> needed;
    if (!server.absent) {
        for (const auto& authority : planning.pool.authorities) {
            add_declared(planning, authority, store, needed);
        }
    }
    auto gone = surplus(planning, server, store, needed);
    if (gone.empty()) {
        return;  // as on most servers: what is in use need not be found out
    }
    add_in_use(store, needed);
    gone = surplus(planning, server, store, needed);
    for (const auto& entry : gone) {
        add_distrust(planning, server, entry);
    }
    if (gone.empty()) {
        return;
    }
    std::erase_if(reachable(planning.project(), server.name)->store.trust, [&](const TrustEntry& entry) {
        return std::find(gone.begin(), gone.end(), entry) != gone.end();
    });
}

std::vector<StepId> role_steps(const Planning& planning) {
    std::vector<StepId> found;
    for (const auto& step : planning.steps) {
        const bool role = step.action == Action::assign_role || step.action == Action::activate_role ||
                          step.action == Action::verify_role || step.action == Action::unassign_role;
        if (role) {
            found.push_back(step.id);
        }
    }
    return found;
}

}  // namespace edgecert
