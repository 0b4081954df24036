// Ways up from a certificate, and the one that lasts longest.
#include "resources/authorities/chain_end.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "engine/text/encoding.h"
#include "resources/x509/chain.h"
#include "resources/x509/lasting.h"

namespace edgecert {

namespace {

constexpr Seconds ends_soon = std::chrono::days{180};  // a CA takes longer to replace than a certificate

bool issues(const x509::Certificate& issuer, const x509::Certificate& subject) {
    const bool named = issuer.is_authority && issuer.subject_der == subject.issuer_der;
    const bool keyed = subject.authority_key_id.empty() || issuer.subject_key_id.empty() ||
                       subject.authority_key_id == issuer.subject_key_id;
    return named && keyed && x509::issued_by(subject, issuer);
}

// The CA itself counts.
std::optional<ChainEnd> end_with(const x509::CertificateRef& ca,
                                 const std::vector<x509::CertificateRef>& known) {
    if (ca->self_signed) {
        return ChainEnd{ca->not_after, ca};
    }
    const auto above = chain_end(*ca, known);
    return above && ca->not_after < above->at ? ChainEnd{ca->not_after, ca} : above;
}

// From then on its end is warned about.
Instant warned_from(const ChainEnd& end) {
    const Seconds lifetime = end.which->not_after - end.which->not_before;
    return end.at - std::min<Seconds>(ends_soon, lifetime / 4) + Seconds{1};
}

}  // namespace

std::optional<ChainEnd> chain_end(const x509::Certificate& certificate,
                                  const std::vector<x509::CertificateRef>& known) {
    const auto way = x509::longest_way_up(certificate, known);
    return way ? std::optional{ChainEnd{way->at, way->which}} : std::nullopt;
}

std::optional<ChainEnd> issuing_end(const AuthorityView& view) {
    std::vector<x509::CertificateRef> known;
    for (const auto& member : view.chain) {
        if (member.certificate) {
            known.push_back(member.certificate);
        }
    }
    const bool only_roots = std::all_of(
        known.begin(), known.end(), [](const x509::CertificateRef& member) { return member->self_signed; });
    std::optional<ChainEnd> best;
    for (const auto& member : known) {
        // What has a CA of the chain below it issues no certificates of servers.
        const bool above = std::any_of(known.begin(), known.end(), [&](const x509::CertificateRef& other) {
            return other->sha256 != member->sha256 && !other->self_signed && issues(*member, *other);
        });
        if (above || (member->self_signed && !only_roots)) {
            continue;
        }
        const auto end = end_with(member, known);
        best = end && (!best || end->at > best->at) ? end : best;
    }
    return best;
}

std::optional<Instant> next_word_of_end(const AuthorityView& view, Instant now) {
    const auto end = issuing_end(view);
    if (!end || end->at <= now) {
        return std::nullopt;
    }
    return now < warned_from(*end) ? warned_from(*end) : end->at;
}

std::string how_to_renew(const AuthoritySpec& spec) {
    return spec.is_local() ? "declare a new CA beside it, under a name and in a folder of its own"
                           : "have it renewed, and declare the renewed chain (chain.file, and chain.roots "
                             "where its root is a new one)";
}

std::optional<Diagnostic> warning_of_end(const AuthoritySpec& spec, const AuthorityView& view, Instant now) {
    const auto end = issuing_end(view);
    if (!end) {
        return std::nullopt;
    }
    const std::string who = "the CA " + printable(end->which->subject_text, 200);
    if (end->at <= now) {
        return Diagnostic{Severity::warning,
                          "authority-expired",
                          who + " expired on " + to_rfc3339(end->at) +
                              ": it can issue nothing, and what ends in it is refused",
                          spec.where,
                          {},
                          how_to_renew(spec)};
    }
    if (now >= warned_from(*end)) {
        return Diagnostic{Severity::warning,
                          "authority-ends-soon",
                          who + " expires on " + to_rfc3339(end->at) + "; what it issues ends no later",
                          spec.where,
                          {},
                          how_to_renew(spec)};
    }
    return std::nullopt;
}

}  // namespace edgecert
