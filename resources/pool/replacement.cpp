// What a certificate lacks of its declaration, each with what caused it and where that was said.
#include "resources/pool/replacement.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/renewal.h"

namespace edgecert {

namespace {

const Source& nearest(const CertificateSpec& spec, std::string_view field) {
    const auto* said = where_said(spec, field);
    return said == nullptr ? spec.where : *said;
}

Source where_of(const CertificateSpec& spec, const std::string& code) {
    if (code == "subject-differs") {
        return nearest(spec, "subject");
    }
    if (code == "name-missing" || code == "name-not-declared") {
        return nearest(spec, "names");
    }
    if (code == "key-kind") {
        return nearest(spec, "key");
    }
    if (code == "usage-missing" || code == "usage-not-declared") {
        return nearest(spec, "extendedKeyUsage");
    }
    if (code == "issued-before") {
        return nearest(spec, "issuedAfter");
    }
    return code == "chain-unknown" ? nearest(spec, "authority") : spec.where;
}

Cause cause_of(const std::string& code, const PersonalEntry& entry, const std::string& requirement) {
    if (code == "expired" || code == "renewal-due") {
        return Cause::time;
    }
    if (code == "issued-before") {
        return Cause::manifest;
    }
    // A certificate of ours was of the declared chain when it was installed.
    const bool declared_anew = entry.requirement != requirement || code == "chain-unknown";
    return entry.owned && declared_anew ? Cause::manifest : Cause::drift;
}

Reason key_missing(const CertificateSpec& spec) {
    return {"key-missing",
            "the certificate that serves has lost its key, and no server has a copy",
            Cause::drift,
            spec.where};
}

// A member that has lost the key still has the certificate, or a role that points at it; one that joined has
// neither.
bool was_elsewhere(const Planning& planning, const Candidate& held) {
    const auto all = members(planning.pool);
    return std::any_of(all.begin(), all.end(), [&](const ServerSpec* server) {
        const auto* view = reachable(planning.view(), server->name);
        if (view == nullptr || holds(*view, held.id)) {
            return false;
        }
        const auto& roles = view->store.roles;
        return personal(*view, held.id) != nullptr ||
               std::any_of(roles.begin(), roles.end(), [&](const RoleRecord& record) {
                   return record.assigned == held.id;
               });
    });
}

Cause first_cause(const Planning& planning,
                  const CertificateSpec& spec,
                  const PersonalEntry& old,
                  const std::vector<Reason>& lacks) {
    for (const auto cause : {Cause::manifest, Cause::drift}) {
        if (std::any_of(
                lacks.begin(), lacks.end(), [&](const Reason& reason) { return reason.cause == cause; })) {
            return cause;
        }
    }
    return lacks.empty() && old.requirement != planning.requirement(spec) ? Cause::manifest : Cause::time;
}

// What is declared again may have been asked for before what serves: it is there, and no new one is needed.
std::string age_in_words(const PersonalEntry& old, const Candidate& next) {
    const auto& certificate = next.entry->certificate;
    if (!certificate || !old.certificate || certificate->not_before > old.certificate->not_before) {
        return "a newer certificate";
    }
    return certificate->not_before < old.certificate->not_before ? "an earlier certificate of the pool"
                                                                 : "another certificate of the pool";
}

}  // namespace

std::vector<Reason> why_replaced(const Planning& planning,
                                 const CertificateSpec& spec,
                                 const Candidate& held) {
    if (held.holders.empty()) {
        return {key_missing(spec)};
    }
    std::vector<Reason> reasons;
    const auto& entry = *held.entry;
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (entry.certificate && authority != planning.authorities.end()) {
        const auto chain = declared_chain(authority->second, planning.view());
        reasons = shortcomings(
            *entry.certificate, entry.submitted, standard_for(planning, spec, authority->second, chain));
        const auto when = renewal_due(planning, spec, *entry.certificate);
        if (when && *when <= planning.now() && entry.certificate->not_after > planning.valid_at()) {
            reasons.push_back({"renewal-due", "its renewal has been due since " + to_rfc3339(*when), {}, {}});
        }
    }
    for (auto& reason : reasons) {
        reason.cause = cause_of(reason.code, entry, planning.requirement(spec));
        reason.where = reason.where.line == 0 ? where_of(spec, reason.code) : reason.where;
    }
    if (!held.exportable && held.holders.size() < members(planning.pool).size()) {
        reasons.push_back({"key-not-exportable",
                           "its key cannot leave " + held.holders.front() + " and other servers need it",
                           was_elsewhere(planning, held) ? Cause::drift : Cause::manifest,
                           nearest(spec, "exportable")});
    }
    return reasons;
}

std::vector<Reason> why_superseded(const Planning& planning,
                                   const CertificateSpec& spec,
                                   const PersonalEntry& old,
                                   const Candidate& next) {
    const auto before = as_observed(planning);
    const auto held = candidate(before, old.id);
    auto lacks = held ? why_replaced(before, spec, *held) : std::vector<Reason>{};
    std::vector<Reason> reasons{{"role-superseded",
                                 age_in_words(old, next) + " takes its place",
                                 first_cause(planning, spec, old, lacks),
                                 spec.where}};
    if (next.entry->certificate) {
        std::move(lacks.begin(), lacks.end(), std::back_inserter(reasons));
    }
    return reasons;
}

}  // namespace edgecert
