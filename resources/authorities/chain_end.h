// When a chain ends: whoever checks a certificate refuses it as soon as one of the CAs above it has expired.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resources/authorities/authority.h"
#include "resources/x509/certificate.h"

namespace edgecert {

struct ChainEnd {
    Instant at{};
    x509::CertificateRef which{};  // what ends then, of the CAs above the certificate
    bool operator==(const ChainEnd&) const = default;
};

// The end of that way up to a root of `known` that lasts longest: a renewed CA stands beside the one before,
// with the same key. nullopt: there is no way, or the certificate is itself a root.
[[nodiscard]] std::optional<ChainEnd> chain_end(const x509::Certificate& certificate,
                                                const std::vector<x509::CertificateRef>& known);

// Until when the authority can issue: the longest of its issuing CAs with their chains, or of its roots where
// it has nothing else. nullopt: unborn, or not known.
[[nodiscard]] std::optional<ChainEnd> issuing_end(const AuthorityView& view);

// A warning "authority-expired", or "authority-ends-soon" (180 days, or the last quarter of a shorter life).
// By the plan's time, so that a plan for another date says what will be true then.
[[nodiscard]] std::optional<Diagnostic> warning_of_end(const AuthoritySpec& spec,
                                                       const AuthorityView& view,
                                                       Instant now);
// The next instant from which something else is said of the authority: its warning's first, then its end.
[[nodiscard]] std::optional<Instant> next_word_of_end(const AuthorityView& view, Instant now);
[[nodiscard]] std::string how_to_renew(const AuthoritySpec& spec);

}  // namespace edgecert
