// An X.509 certificate as a value: parsed once, compared by SHA-256, with every field that planning looks at
// (RFC 5280).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/shared_text.h"
#include "engine/text/text_set.h"
#include "engine/time/instant.h"
#include "resources/x509/name.h"

namespace edgecert::x509 {

enum class KeyAlgorithm { rsa, ecdsa, other };

struct KeyKind {
    KeyAlgorithm algorithm{KeyAlgorithm::rsa};
    int bits{};  // RSA modulus; 256 or 384 for ECDSA P-256 and P-384
    auto operator<=>(const KeyKind&) const = default;
};
[[nodiscard]] std::string to_text(KeyKind kind);  // "rsa 2048", "ecdsa p256"

struct LoadedKey;  // OpenSSL's own object

// Whose signature has been checked on a certificate, by the issuer's SHA-256: a chain that a thousand plans
// look at is verified once. Safe from several threads; shared by the copies of one certificate.
struct CheckedSignatures {
    std::mutex mutex{};
    std::map<std::string, bool> by_issuer{};
    std::shared_ptr<const LoadedKey> key{};  // the certificate's own, once it was asked what it signed
};

// All digests are lower-case hex text.
struct Certificate {
    std::string sha256{};  // of the DER
    std::string sha1{};    // as Windows shows it, lower case
    std::string der{};
    Subject subject{};
    Subject issuer{};
    std::string subject_der{};  // names are compared by DER when chains are built
    std::string issuer_der{};
    std::string subject_text{};  // RFC 2253, for people
    std::string issuer_text{};
    // Hex, most significant byte first, as `openssl x509 -serial` prints it: no leading 00, '-' before a
    // negative one.
    std::string serial{};
    Names names{};  // subjectAltName: dNSName and iPAddress only; the rest is counted in other_names
    int other_names{};
    Instant not_before{};
    Instant not_after{};
    std::string spki_sha256{};  // of the SubjectPublicKeyInfo DER
    KeyKind key{};
    bool rsa_pss_key{};
    // Of the signature: "sha256", "sha1", "sha512", …; where the algorithm has none: "ed25519", or a dotted
    // OID.
    std::string digest{};
    TextSet extended_key_usage{};    // "serverAuth", "clientAuth", …; others as dotted OIDs
    bool is_authority{};             // basicConstraints CA
    bool self_signed{};              // subject is issuer, and its own key verifies it
    bool one_signature_algorithm{};  // outside what is signed the same is named as inside (RFC 5280 4.1.1.2)
    bool has_crl_distribution_point{};
    std::string subject_key_id{};    // hex or empty
    std::string authority_key_id{};  // hex or empty
    std::shared_ptr<CheckedSignatures> checked{
        std::make_shared<CheckedSignatures>()};  // what issued_by found out
    bool operator==(const Certificate& other) const { return sha256 == other.sha256; }
};
using CertificateRef = std::shared_ptr<const Certificate>;

[[nodiscard]] std::string reversed_serial(const std::string& serial);  // byte by byte, as event logs print it

// One certificate in DER, nothing behind it. Throws Error "bad-certificate" with the reason in words:
// trailing bytes, outer parts in BER that is not DER (a second encoding would have digests of its own), a
// broken or repeated extension (X509_get_ext_d2i −2), a time that is none.
[[nodiscard]] CertificateRef parse_certificate(std::string_view der);
[[nodiscard]] std::string to_pem(const Certificate& certificate);
// The first CERTIFICATE block; Error "bad-certificate".
[[nodiscard]] std::string der_of_pem(std::string_view pem);

// Certificates already parsed in this run, by SHA-256 of their bytes: a fleet's roots are parsed once, not
// once a server. Safe from several threads; what it gives lives as long as somebody holds it.
class CertificateCache {
public:
    // Throws as parse_certificate; failures are not kept.
    [[nodiscard]] CertificateRef parse(std::string_view der);
    void remember(const CertificateRef& certificate);                    // parsed elsewhere; null: nothing
    [[nodiscard]] CertificateRef find(const std::string& sha256) const;  // null: not seen
    [[nodiscard]] std::vector<std::string> known() const;                // sorted SHA-256
    // Texts that come with certificates from many stores (fingerprints, digests, owners), likewise kept once.
    [[nodiscard]] SharedTexts& texts() { return texts_; }

private:
    // By the first hex digit, so that threads which parse different certificates seldom wait for each other.
    static constexpr std::size_t shard_count = 16;
    struct Shard {
        mutable std::mutex mutex{};
        std::map<std::string, CertificateRef, std::less<>> seen{};
    };
    [[nodiscard]] static std::size_t shard_of(std::string_view sha256);
    std::array<Shard, shard_count> shards_{};
    SharedTexts texts_{};
};

// SHA-256 and SHA-1 of bytes, lower-case hex.
[[nodiscard]] std::string sha256(std::string_view bytes);
[[nodiscard]] std::string sha1(std::string_view bytes);

}  // namespace edgecert::x509
