// What nothing needs any more, judged copy by copy.
#include "resources/pool/unneeded.h"

#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/retirement.h"

namespace edgecert {

namespace {

bool is_assigned_anywhere(const Planning& planning, const CertificateId& id) {
    const auto& servers = planning.view().servers;
    return std::any_of(servers.begin(), servers.end(), [&](const auto& server) {
        return server.second.reachable && is_in_use(server.second.store, id);
    });
}

// Before this plan: what it takes out of service is superseded then, and goes its time later, whether it has
// expired or was marked before by a run that a crash ended.
bool served_here(const Planning& planning, const ServerSpec& server, const CertificateId& id) {
    const auto* view = reachable(*planning.observed, server.name);
    return view != nullptr && is_in_use(view->store, id);
}

// Likewise of a copy that goes by the marks of others: they get theirs in this plan.
bool served_anywhere(const Planning& planning, const CertificateId& id) {
    const auto& servers = planning.observed->servers;
    return std::any_of(servers.begin(), servers.end(), [&](const auto& server) {
        return server.second.reachable && is_in_use(server.second.store, id);
    });
}

// What another pool asked for may be just what this one declares, under any name.
bool is_wanted(const Planning& planning, const CertificateId& id) {
    const auto& all = planning.pool.certificates;
    return std::any_of(all.begin(), all.end(), [&](const CertificateSpec& spec) {
        const auto target = wanted(planning, spec);
        return target && target->id == id;
    });
}

// Until when it could still come to serve as it is; nullopt: it could not.
std::optional<Instant> spare_until(const Planning& planning, const CertificateId& id) {
    const auto held = candidate(planning, id);
    std::optional<Instant> until;
    for (const auto& spec : planning.pool.certificates) {
        if (held && held->entry->certificate && could_serve(planning, spec, *held)) {
            until = std::max(until.value_or(Instant::min()), due(*held->entry->certificate, spec.renewal));
        }
    }
    return until;
}

// The last mark that a copy of it has, before this plan: while it is carried out they go one by one, those
// without a mark first.
std::optional<Instant> left_elsewhere(const Planning& planning, const PersonalEntry& entry) {
    std::optional<Instant> last;
    for (const auto& [name, server] : planning.observed->servers) {
        const auto* copy = server.reachable ? personal(server, entry.id) : nullptr;
        if (copy != nullptr && copy->owned && copy->pool == entry.pool && copy->superseded) {
            last = std::max(last.value_or(*copy->superseded), *copy->superseded);
        }
    }
    return last;
}

// CAs backdate: notBefore only where nobody noted when it was asked for.
Instant asked_for(const PersonalEntry& entry) {
    return entry.submitted.value_or(entry.certificate->not_before);
}

bool has_moved(const Planning& planning, const PersonalEntry& entry) {
    return entry.pool != planning.pool.name;
}

std::string left_by(const Planning& planning, const PersonalEntry& entry) {
    return has_moved(planning, entry)
               ? "; it is of the pool " + printable(entry.pool, 128) + ", which has this server no more"
               : std::string{};
}

Unneeded superseded_since(const Planning& planning, const PersonalEntry& entry, Instant since) {
    const auto waits = EDGECERT_MUTANT(retired_at_once) ? Seconds{} : planning.pool.retire_after;
    return {since + waits,
            {"superseded",
             "superseded since " + to_rfc3339(since) + ", no role refers to it" + left_by(planning, entry),
             Cause::time,
             planning.pool.where}};
}

// Would another one for the same requirement get another issuance id (I5)? A store is what most CAs are
// remembered by: after it was taken away the same manifest would ask under the same id once more, unless
// something newer serves by now, or the CA's own log has it. What the pool that a server came from still
// needs of it is not seen from here.
bool is_asked_for_no_more(const Planning& planning,
                          const PersonalEntry& entry,
                          const std::optional<Candidate>& target) {
    if (has_moved(planning, entry)) {
        return false;
    }
    if (entry.issuance.empty() || (target && asked_for(*target->entry) > asked_for(entry))) {
        return true;
    }
    const auto& all = planning.view().authorities;
    return std::any_of(all.begin(), all.end(), [&](const auto& authority) {
        const auto& issued = authority.second->issued;
        return std::any_of(issued.begin(), issued.end(), [&](const IssuedRecord& record) {
            return record.issuance == entry.issuance;
        });
    });
}

// A copy that no role of its own store ever left.
std::optional<Unneeded> unmarked(const Planning& planning,
                                 const PersonalEntry& entry,
                                 const std::optional<Candidate>& target) {
    if (!entry.certificate) {
        return std::nullopt;
    }
    const auto waits = planning.pool.retire_after;
    const auto end = entry.certificate->not_after;
    Unneeded expired{end + waits,
                     {"expired",
                      "expired at " + to_rfc3339(end) + ", no role refers to it" + left_by(planning, entry),
                      Cause::time,
                      planning.pool.where}};
    if (const auto since = left_elsewhere(planning, entry)) {
        return superseded_since(planning, entry, *since);  // as they do, whether it has expired or not
    }
    if (target && !target->entry->certificate) {
        return expired;  // not born, and has yet to take this one's place
    }
    const auto asked = target ? std::max(asked_for(entry), asked_for(*target->entry)) : asked_for(entry);
    auto since = asked + waits;
    if (const auto until = spare_until(planning, entry.id)) {
        since = *until > planning.now() ? std::max(since, *until) : expired.goes;
    }
    if (!is_asked_for_no_more(planning, entry, target)) {
        expired.kept_since = since;
        return expired;
    }
    Unneeded unused{since,
                    {"unused",
                     "no role refers to it, and what is declared is " +
                         std::string(target ? "another certificate" : "no such certificate"),
                     Cause::time,
                     planning.pool.where}};
    return expired.goes < unused.goes ? expired : unused;
}

}  // namespace

bool is_in_charge(const Planning& planning, const ServerSpec& server, const std::string& pool) {
    if (pool == planning.pool.name) {
        return true;
    }
    const auto& declared = planning.observed->declared_pools;
    // Under --target nobody looked whether the other pool's servers share this one's store.
    return !server.outside && planning.inputs.targets.empty() && declared != nullptr &&
           declared->contains(pool);
}

bool is_in_use(const StoreObservation& store, const CertificateId& id) {
    return std::any_of(store.roles.begin(), store.roles.end(), [&](const RoleRecord& record) {
        return record.assigned == id;
    });
}

std::optional<Unneeded> unneeded(const Planning& planning,
                                 const ServerSpec& server,
                                 const PersonalEntry& entry) {
    const bool ours =
        (entry.owned && is_in_charge(planning, server, entry.pool)) || EDGECERT_MUTANT(owner_ignored);
    const bool served =
        entry.superseded ? served_here(planning, server, entry.id) : served_anywhere(planning, entry.id);
    if (!ours || served || is_assigned_anywhere(planning, entry.id)) {
        return std::nullopt;
    }
    const auto* spec = find_certificate(planning.pool, entry.name);
    if (spec != nullptr && !is_settled(planning, *spec) && !EDGECERT_MUTANT(retired_before_settled)) {
        return std::nullopt;
    }
    // Of one that is declared no more: a role of a server that is away may still point at it (I10).
    if (spec == nullptr && !all_answer(planning)) {
        return std::nullopt;
    }
    const auto target = spec == nullptr ? std::nullopt : wanted(planning, *spec);
    const bool moved = has_moved(planning, entry);
    if ((target && target->id == entry.id) || (moved && is_wanted(planning, entry.id))) {
        return std::nullopt;
    }
    return entry.superseded ? superseded_since(planning, entry, *entry.superseded)
                            : unmarked(planning, entry, target);
}

}  // namespace edgecert
