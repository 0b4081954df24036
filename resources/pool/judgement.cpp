// The comparison of a certificate with its declaration, demand by demand.
#include "resources/pool/judgement.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/x509/chain.h"

namespace edgecert {

namespace {

constexpr int chain_limit = 8;

bool has_subject(const x509::Certificate& certificate, const Standard& standard) {
    const auto& asked = standard.spec.requirement.subject;
    return standard.authority.match.subject_common_name_only
               ? certificate.subject.common_name == asked.common_name
               : certificate.subject == asked;
}

void judge_subject(const x509::Certificate& certificate,
                   const Standard& standard,
                   std::vector<Reason>& found) {
    if (!has_subject(certificate, standard)) {
        const auto& asked = standard.spec.requirement.subject;
        found.push_back(
            {"subject-differs",
             "its subject is " + x509::to_text(certificate.subject) + ", declared is " + x509::to_text(asked),
             {},
             {}});
    }
}

// Names that nobody declared, DNS first. The CN's own entry is added to every request, so it is none of them.
std::vector<std::string> surplus_names(const x509::Certificate& certificate, const CertificateSpec& spec) {
    const auto& declared = spec.requirement.names;
    const auto own = x509::fold_host_name(spec.requirement.subject.common_name);
    std::vector<std::string> found;
    const auto add = [&](const TextSet& granted, const TextSet& asked) {
        std::copy_if(granted.begin(), granted.end(), std::back_inserter(found), [&](const auto& name) {
            return !asked.contains(name) && !(own && *own == name);
        });
    };
    add(certificate.names.dns, declared.dns);
    add(certificate.names.ip, declared.ip);
    return found;
}

void judge_names(const x509::Certificate& certificate, const Standard& standard, std::vector<Reason>& found) {
    const auto& declared = standard.spec.requirement.names;
    const auto missing = [&](const TextSet& asked, const TextSet& granted) {
        for (const auto& name : asked) {
            const bool lacks = !granted.contains(name) && !EDGECERT_MUTANT(missing_name_accepted);
            if (lacks || (EDGECERT_MUTANT(name_order_matters) && *granted.begin() != name)) {
                const auto* said = where_named(standard.spec, name);
                found.push_back(
                    {"name-missing", "it lacks the name " + name, {}, said == nullptr ? Source{} : *said});
            }
        }
    };
    missing(declared.dns, certificate.names.dns);
    missing(declared.ip, certificate.names.ip);
    if (standard.authority.match.names_superset) {
        return;
    }
    for (const auto& name : surplus_names(certificate, standard.spec)) {
        found.push_back({"name-not-declared", "it has the name " + name + ", which is not declared", {}, {}});
    }
}

void judge_key(const x509::Certificate& certificate, const Standard& standard, std::vector<Reason>& found) {
    const auto& asked = standard.spec.requirement.key;
    if (certificate.key.algorithm != asked.algorithm ||
        (certificate.key.bits < asked.bits && !EDGECERT_MUTANT(small_key_accepted))) {
        found.push_back(
            {"key-kind",
             "its key is " + x509::to_text(certificate.key) + ", declared is " + x509::to_text(asked),
             {},
             {}});
    }
    if (certificate.rsa_pss_key) {
        found.push_back({"rsa-pss", "its key is RSA-PSS, which these servers refuse", {}, {}});
    }
}

void judge_usages(const x509::Certificate& certificate,
                  const Standard& standard,
                  std::vector<Reason>& found) {
    const auto& asked = standard.spec.requirement.extended_key_usage;
    if (EDGECERT_MUTANT(usages_ignored)) {
        return;
    }
    for (const auto& usage : asked) {
        if (!certificate.extended_key_usage.contains(usage)) {
            found.push_back({"usage-missing", "it lacks the usage " + usage, {}, {}});
        }
    }
    if (standard.authority.match.usages_superset) {
        return;
    }
    for (const auto& usage : certificate.extended_key_usage) {
        if (!asked.contains(usage)) {
            found.push_back(
                {"usage-not-declared", "it has the usage " + usage + ", which is not declared", {}, {}});
        }
    }
}

void judge_time(const x509::Certificate& certificate,
                const std::optional<Instant>& submitted,
                const Standard& standard,
                std::vector<Reason>& found) {
    if (certificate.not_after <= standard.valid_at) {
        found.push_back({"expired", "it expired at " + to_rfc3339(certificate.not_after), {}, {}});
    }
    const auto& after = standard.spec.issued_after;
    if (after && *after <= standard.now && submitted.value_or(certificate.not_before) < *after) {
        found.push_back(
            {"issued-before", "it was issued before " + to_rfc3339(*after) + " (issuedAfter)", {}, {}});
    }
}

}  // namespace

std::vector<Reason> shortcomings(const x509::Certificate& certificate,
                                 const std::optional<Instant>& submitted,
                                 const Standard& standard) {
    std::vector<Reason> found;
    judge_subject(certificate, standard, found);
    judge_names(certificate, standard, found);
    judge_key(certificate, standard, found);
    judge_usages(certificate, standard, found);
    judge_time(certificate, submitted, standard, found);
    const bool elsewhere =
        standard.unborn || (!standard.chain.empty() && !issuers(certificate, standard.chain));
    if (elsewhere && !EDGECERT_MUTANT(issuer_ignored)) {
        found.push_back({"chain-unknown",
                         "its issuer " + certificate.issuer_text + " is not in the declared chain of " +
                             standard.authority.name,
                         {},
                         {}});
    }
    return found;
}

// A server holds certificates of many declarations: the subject tells most of them apart at once.
bool does(const x509::Certificate& certificate,
          const std::optional<Instant>& submitted,
          const Standard& standard) {
    return has_subject(certificate, standard) && shortcomings(certificate, submitted, standard).empty();
}

std::vector<Reason> answer_shortcomings(const x509::Certificate& certificate, const Standard& standard) {
    std::vector<Reason> found;
    const auto strength = [](const std::string& digest) {
        return digest == "sha256" ? 1 : digest == "sha384" ? 2 : digest == "sha512" ? 3 : 0;
    };
    if (strength(certificate.digest) < strength(standard.spec.digest)) {
        found.push_back({"digest-weak",
                         "it is signed with " + certificate.digest + ", declared is " + standard.spec.digest +
                             " at least",
                         {},
                         {}});
    }
    const auto lifetime = certificate.not_after - certificate.not_before;
    if (standard.spec.minimum_validity && lifetime < *standard.spec.minimum_validity) {
        found.push_back({"validity-short",
                         "it is valid for " + to_words(lifetime) + ", declared is " +
                             to_words(*standard.spec.minimum_validity) + " at least",
                         {},
                         {}});
    }
    return found;
}

std::vector<std::string> answer_warnings(const x509::Certificate& certificate, const Standard& standard) {
    std::vector<std::string> found;
    const auto lifetime = certificate.not_after - certificate.not_before;
    // A CA backdates a little and cuts to its own end; a day is not worth a word.
    if (standard.spec.validity.count() > 0 && lifetime + std::chrono::days{1} < standard.spec.validity) {
        found.push_back("the CA cut the validity to " + to_words(lifetime) + ", asked for " +
                        to_words(standard.spec.validity));
    }
    if (!certificate.has_crl_distribution_point) {
        found.emplace_back("it has no CRL distribution point");
    }
    for (const auto& usage : certificate.extended_key_usage) {
        if (!standard.spec.requirement.extended_key_usage.contains(usage)) {
            found.push_back("the CA added the usage " + usage);
        }
    }
    for (const auto& name : surplus_names(certificate, standard.spec)) {
        found.push_back("the CA added the name " + name);
    }
    return found;
}

Instant due(const x509::Certificate& certificate, const Renewal& renewal) {
    const auto lifetime = certificate.not_after - certificate.not_before;
    const auto before = renewal.before ? *renewal.before
                                       : Seconds{lifetime.count() / 10000 * renewal.fraction +
                                                 lifetime.count() % 10000 * renewal.fraction / 10000};
    return std::max(certificate.not_after - before, certificate.not_before + lifetime / 2);
}

std::optional<std::vector<x509::CertificateRef>> issuers(
    const x509::Certificate& certificate, const std::vector<x509::CertificateRef>& pool_of_issuers) {
    const auto is_it = [&](const x509::CertificateRef& root) { return root->sha256 == certificate.sha256; };
    if (certificate.self_signed && std::none_of(pool_of_issuers.begin(), pool_of_issuers.end(), is_it)) {
        return std::nullopt;  // vouched for by nobody but itself
    }
    std::vector<x509::CertificateRef> path;
    const auto* subject = &certificate;
    for (int depth = 0; depth < chain_limit; ++depth) {
        if (subject->self_signed) {
            return path;
        }
        const auto issues_it = [&](const x509::CertificateRef& issuer) {
            const bool named = issuer->is_authority && issuer->subject_der == subject->issuer_der;
            const bool keyed = subject->authority_key_id.empty() || issuer->subject_key_id.empty() ||
                               subject->authority_key_id == issuer->subject_key_id;
            return named && keyed && x509::issued_by(*subject, *issuer);
        };
        const auto issuer = std::find_if(pool_of_issuers.begin(), pool_of_issuers.end(), issues_it);
        if (issuer == pool_of_issuers.end()) {
            return std::nullopt;
        }
        path.push_back(*issuer);
        subject = issuer->get();
    }
    return std::nullopt;
}

std::vector<x509::CertificateRef> declared_chain(const AuthoritySpec& authority, const PoolView& view) {
    std::vector<x509::CertificateRef> chain;
    const auto known = view.authorities.find(authority.name);
    if (known != view.authorities.end()) {
        for (const auto& member : known->second->chain) {
            if (member.certificate) {
                chain.push_back(member.certificate);
            }
        }
    }
    if (!chain.empty()) {
        return chain;
    }
    const auto add = [&chain](const x509::CertificateRef& certificate) {
        const auto same = [&](const x509::CertificateRef& other) {
            return other->sha256 == certificate->sha256;
        };
        if (std::none_of(chain.begin(), chain.end(), same)) {
            chain.push_back(certificate);
        }
    };
    for (const auto& [name, server] : view.servers) {
        for (const auto& entry : server.store.trust) {
            const bool pinned =
                entry.certificate &&
                std::find(authority.roots.begin(), authority.roots.end(), entry.certificate->sha256) !=
                    authority.roots.end();
            if (entry.kind == TrustKind::root && pinned) {
                add(entry.certificate);
            }
        }
    }
    if (chain.empty()) {
        return chain;
    }
    for (const auto& [name, server] : view.servers) {
        for (const auto& entry : server.store.trust) {
            if (entry.kind == TrustKind::intermediate && entry.certificate &&
                issuers(*entry.certificate, chain)) {
                add(entry.certificate);
            }
        }
    }
    return chain;
}

}  // namespace edgecert
