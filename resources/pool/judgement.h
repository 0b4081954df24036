// Judgement: does a certificate satisfy what is declared, and if not, why; when is it due. Pure, time as an
// argument.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/step.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

// What a certificate is judged under.
struct Standard {
    const CertificateSpec& spec;
    const AuthoritySpec& authority;
    const std::vector<x509::CertificateRef>&
        chain;           // the authority's declared, verified chain; empty: cannot be judged, taken as given
    Instant now{};       // for what is due or replaced from a date on: the plan's time
    Instant valid_at{};  // for validity: the plan's time, or that of the observation where it is later
    bool unborn{};       // the authority is still to be made: nothing that exists is of its chain
};

// Every way in which the certificate is not what is declared: codes subject-differs, name-missing,
// name-not-declared, key-kind, usage-missing, usage-not-declared, chain-unknown, expired, issued-before,
// rsa-pss. `submitted`: when it was asked for, as recorded. Cause is left to the caller. One that is not
// valid yet has no shortcoming: it is waited for, not replaced.
[[nodiscard]] std::vector<Reason> shortcomings(const x509::Certificate& certificate,
                                               const std::optional<Instant>& submitted,
                                               const Standard& standard);

// No shortcomings; found out sooner where there are some.
[[nodiscard]] bool does(const x509::Certificate& certificate,
                        const std::optional<Instant>& submitted,
                        const Standard& standard);

// Further demands on a fresh answer: digest under the floor, validity under the minimum. And what is worth a
// warning: a shortened validity, no CRL distribution point, usages and names nobody asked for.
[[nodiscard]] std::vector<Reason> answer_shortcomings(const x509::Certificate& certificate,
                                                      const Standard& standard);
[[nodiscard]] std::vector<std::string> answer_warnings(const x509::Certificate& certificate,
                                                       const Standard& standard);

// notAfter − renewal.before, never earlier than half of the lifetime.
[[nodiscard]] Instant due(const x509::Certificate& certificate, const Renewal& renewal);

// The issuers from the certificate up to a root among `pool_of_issuers`, by name, key identifier and
// signature. nullopt: none.
[[nodiscard]] std::optional<std::vector<x509::CertificateRef>> issuers(
    const x509::Certificate& certificate, const std::vector<x509::CertificateRef>& pool_of_issuers);

// The authority's chain as certificates that exist; from what the pool's stores trust and ends in a pin when
// the authority cannot be reached.
[[nodiscard]] std::vector<x509::CertificateRef> declared_chain(const AuthoritySpec& authority,
                                                               const PoolView& view);

}  // namespace edgecert
