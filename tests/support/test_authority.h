// A small certificate authority for tests: a root, an issuing CA under it, and leaves for any public key.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "engine/time/instant.h"
#include "resources/x509/certificate.h"
#include "resources/x509/key.h"
#include "resources/x509/name.h"

namespace edgecert {

struct TestAuthority {
    x509::PrivateKey root_key{};
    x509::PrivateKey issuing_key{};
    x509::CertificateRef root{};
    x509::CertificateRef issuing{};
};

// ECDSA P-256 throughout. `name` becomes "<name> Root CA" and "<name> Issuing CA".
[[nodiscard]] TestAuthority make_test_authority(const std::string& name,
                                                Instant not_before,
                                                Instant not_after);

struct LeafOrder {
    x509::Subject subject{};
    x509::Names names{};
    TextSet extended_key_usage{"serverAuth"};
    std::string spki_der{};
    Instant not_before{};
    Instant not_after{};
    std::string serial{};  // hex
};
[[nodiscard]] x509::CertificateRef issue_leaf(const TestAuthority& authority, const LeafOrder& order);

// The SubjectPublicKeyInfo (DER) of a PKCS#10 in PEM: CertificationRequestInfo's third element (RFC 2986
// section 4.1).
[[nodiscard]] std::string public_key_of_request(std::string_view request_pem);

}  // namespace edgecert
