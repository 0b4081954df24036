// Chains: bundles of any encoding taken apart, and paths built from a leaf to a pinned root (RFC 5280 section
// 6, by OpenSSL).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resources/x509/certificate.h"

namespace edgecert::x509 {

// Certificates in a file somebody sent: PKCS#7 DER, PKCS#7 PEM (also inside "BEGIN CERTIFICATE"),
// certificates in PEM (several) or DER, tried in that order; CRLF and text around PEM blocks allowed.
// Duplicates once, in the order found. At most 64 certificates and 1 MiB. Throws Error "bad-bundle": rubbish,
// half a block (a file still being copied), none at all.
[[nodiscard]] std::vector<CertificateRef> parse_bundle(std::string_view bytes, CertificateCache& cache);

// A degenerate PKCS#7 (certs only, RFC 2315 section 9.1), DER, in the given order.
[[nodiscard]] std::string make_bundle(const std::vector<CertificateRef>& certificates);

struct Path {
    std::vector<CertificateRef> certificates{};  // leaf (or lowest) first, root last
};
struct NoPath {
    std::string why{};
    std::string missing_issuer{};  // RFC 2253 of the issuer not found, or ""
};

// Builds a path from `from` over `intermediates` to one of `roots` (self-signed), every signature, CA flag,
// path length and name constraint checked at `now`; validity is checked only with `check_times`. Purpose is
// not checked here. Issuers are found by DER of the name; of several that share one, those whose key signed,
// and every way up is tried (roots first, each list in its order), so a cross-signed or re-keyed CA hides
// nothing.
[[nodiscard]] std::variant<Path, NoPath> build_path(const CertificateRef& from,
                                                    const std::vector<CertificateRef>& intermediates,
                                                    const std::vector<CertificateRef>& roots,
                                                    Instant now,
                                                    bool check_times);

// Did `issuer`'s key sign `subject`, and do the names agree (by DER)?
[[nodiscard]] bool issued_by(const Certificate& subject, const Certificate& issuer);

// Issuer after issuer among `others`, up to a self-signed one or to one whose issuer is not there;
// certificates that are no part of that are left out.
[[nodiscard]] std::vector<CertificateRef> chain_above(const CertificateRef& leaf,
                                                      const std::vector<CertificateRef>& others);

// Usable as a TLS server (and, with `client`, also as a TLS client: roles that do mutual TLS) with this
// chain? "" or the reason.
[[nodiscard]] std::string purpose_problem(const CertificateRef& leaf,
                                          const Path& path,
                                          bool client,
                                          Instant now);

}  // namespace edgecert::x509
