// What a pool's servers serve, and which of their certificates they should: the choice that every provider
// plans by.
#pragma once

#include <optional>
#include <vector>

#include "resources/pool/judgement.h"
#include "resources/pool/look.h"

namespace edgecert {

// What certificates of `spec` are judged under, with this chain of its authority.
[[nodiscard]] Standard standard_for(const Planning& planning,
                                    const CertificateSpec& spec,
                                    const AuthoritySpec& authority,
                                    const std::vector<x509::CertificateRef>& chain);
Standard standard_for(const Planning&,
                      const CertificateSpec&,
                      const AuthoritySpec&,
                      std::vector<x509::CertificateRef>&&) = delete;  // it refers to the chain

// Most servers first, then the longest validity, then the smallest id.
[[nodiscard]] std::vector<ServingNow> serving(const Planning& planning, const CertificateSpec& spec);

// Satisfying, due for nothing, not rejected, and able to reach every server that lacks it. See
// architecture.md, "How a pool is planned".
[[nodiscard]] std::optional<Candidate> wanted(const Planning& planning, const CertificateSpec& spec);

// All of that, of one certificate: the wanted one, or a spare.
[[nodiscard]] bool could_serve(const Planning& planning,
                               const CertificateSpec& spec,
                               const Candidate& candidate);

// What servers should have meanwhile: the wanted one, or else what serves and is still good for it.
[[nodiscard]] std::optional<Candidate> current(const Planning& planning, const CertificateSpec& spec);

// Good in everything but its chain, while the authority cannot say what its chain is: whether a new one is
// needed, nobody knows.
[[nodiscard]] std::optional<Candidate> undecided(const Planning& planning, const CertificateSpec& spec);

[[nodiscard]] bool is_rejected(const Planning& planning,
                               const CertificateSpec& spec,
                               const Candidate& candidate);
[[nodiscard]] std::vector<Rejection> rejections(const Planning& planning,
                                                const CertificateSpec& spec);  // that count now

}  // namespace edgecert
