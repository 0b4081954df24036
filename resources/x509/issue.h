// What a certificate authority in a folder does: sign a root, an issuing CA, and certificates for requests.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "resources/x509/certificate.h"
#include "resources/x509/key.h"
#include "resources/x509/request.h"

namespace edgecert::x509 {

struct Issuance {
    Subject subject{};
    Names names{};                 // empty for a CA
    TextSet extended_key_usage{};  // empty for a CA
    std::string spki_der{};        // the public key to certify
    Instant not_before{};
    Instant not_after{};  // RFC 5280 4.1.2.5: UTCTime through 2049, else GeneralizedTime
    std::string digest{"sha256"};
    std::string serial{};  // hex; 16 random octets, top bit clear, from the caller's entropy
    bool authority{};      // basicConstraints CA:TRUE, keyCertSign and cRLSign
    std::optional<int> path_length{};
    std::string distribution_point{};  // http URL of the CRL, or ""
    std::string issuer_url{};          // AIA caIssuers, or ""
};

// Signs with `key`, which must be the key of `issuer` (null: self-signed, the key certified is `key`'s own).
// Adds SKI and AKI. Throws Error.
[[nodiscard]] CertificateRef sign_certificate(const Issuance& what,
                                              const PrivateKey& key,
                                              const CertificateRef& issuer);

}  // namespace edgecert::x509
