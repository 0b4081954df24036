// Which certificates of a heap are an authority's chain: only those on a verified path that ends in a pinned
// root.
#pragma once

#include <string>
#include <vector>

#include "resources/authorities/authority.h"
#include "resources/x509/certificate.h"

namespace edgecert {

// `problem` is empty exactly when `roots` and `intermediates` may be trusted and used; otherwise both are
// empty.
struct TrustedChain {
    std::vector<x509::CertificateRef> roots{};           // self-signed and pinned, by SHA-256
    std::vector<x509::CertificateRef> intermediates{};   // the rest of the paths, by SHA-256
    std::vector<x509::CertificateRef> unpinned_roots{};  // self-signed CAs that no pin names, by SHA-256
    bool pinned{};                                       // at least one pin was declared
    std::string problem{};                               // a sentence; names the issuer that is missing
    std::vector<std::string> notes{};                    // what was left aside, and why
};

// Takes a heap apart (RFC 5280 section 6, but for validity periods: an expired certificate of the chain still
// belongs to it, so that time alone changes no plan). Of the heap only CA certificates count that are a
// pinned root, or from which signatures lead to one. Several renewals of one CA, and cross-signed ones,
// coexist. `pins` are SHA-256 hex; without any nothing is trusted, and `unpinned_roots` tells what could be
// pinned.
[[nodiscard]] TrustedChain trusted_chain(const std::vector<x509::CertificateRef>& heap,
                                         const std::vector<std::string>& pins);

// The chain as far as stores already trust it: what of their roots is pinned, and of their intermediates
// leads there. Certificates in the root store that are not self-signed are no anchors here (they are drift),
// but may be links.
[[nodiscard]] TrustedChain chain_from_store(const std::vector<x509::CertificateRef>& roots,
                                            const std::vector<x509::CertificateRef>& intermediates,
                                            const std::vector<std::string>& pins);

// Roots first, then by SHA-256, all of them born.
[[nodiscard]] std::vector<ChainCertificate> chain_certificates(const TrustedChain& chain);

// Puts the chain, what could be pinned, the problem and the notes where the view has them.
void put_chain(const TrustedChain& chain, AuthorityView& view);

// Reads spec.chain_file (at most 1 MiB) and takes it apart. A file that is missing or rubbish is `problem`,
// never an exception.
[[nodiscard]] TrustedChain chain_from_file(const AuthoritySpec& spec, x509::CertificateCache& cache);

// The view of an authority that tells nothing itself: its chain as far as spec.chain_file has it.
[[nodiscard]] AuthorityView view_of_declared_chain(const AuthoritySpec& spec, x509::CertificateCache& cache);
// Adds to a check what the declared chain, or the one in a view, is worth.
void check_declared_chain(const AuthoritySpec& spec, Authority::Check& result);
void check_chain(const AuthoritySpec& spec, const AuthorityView& view, Authority::Check& result);

// One line for people and for a manifest: "sha256:… (CN=…, until 2030-01-01T00:00:00Z)".
[[nodiscard]] std::string pin_text(const x509::Certificate& root);

}  // namespace edgecert
