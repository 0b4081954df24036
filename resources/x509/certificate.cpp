// Reads a certificate's DER into a value, once; digests and PEM of it.
#include "resources/x509/certificate.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/time/instant.h"
#include "resources/x509/fields.h"
#include "resources/x509/openssl.h"
#include "resources/x509/pem.h"
#include "resources/x509/read_certificate.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_certificate = "bad-certificate";
// Far over the largest in use (SANs in the hundreds make some 20 KiB); a bound on what one certificate can
// cost.
constexpr std::size_t most_bytes = std::size_t{256} * 1024;

std::string digest_hex(std::string_view bytes, const EVP_MD* algorithm) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm, nullptr) == 1,
            "EVP_Digest");
    return to_hex(characters(digest.data(), length));
}

Instant instant_of(const ASN1_TIME* time, const char* which) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
        throw Error(bad_certificate, std::string(which) + " is no time");
    }
    const std::chrono::year_month_day day(std::chrono::year(parts.tm_year + 1900),
                                          std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                          std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

// As `openssl x509 -serial` prints it, in lower case: whole bytes, no leading zero byte, '-' before a
// negative one.
std::string serial_text(const ASN1_INTEGER* serial) {
    const std::string digits = to_hex(characters(serial));
    const std::string magnitude = digits.empty() ? "00" : digits;
    return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" + magnitude : magnitude;
}

std::string name_der(const X509_NAME* name) {
    const unsigned char* der = nullptr;
    std::size_t length = 0;
    require(X509_NAME_get0_der(name, &der, &length) == 1, "X509_NAME_get0_der");
    return std::string(characters(der, length));
}

void read_key(X509* certificate, Certificate& value) {
    X509_PUBKEY* spki = X509_get_X509_PUBKEY(certificate);
    value.spki_sha256 = sha256(encode(i2d_X509_PUBKEY, spki));
    EVP_PKEY* key = X509_get0_pubkey(certificate);  // null: of a kind unknown to OpenSSL
    value.key = key_kind(key);
    if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS) {
        value.rsa_pss_key = true;
        value.key.algorithm = KeyAlgorithm::rsa;
    }
    value.self_signed =
        key != nullptr && value.subject_der == value.issuer_der && X509_verify(certificate, key) == 1;
}

}  // namespace

CertificateRef read_certificate(std::string_view der, std::string fingerprint) {
    const ErrorQueue errors;
    if (der.size() > most_bytes) {
        throw Error(bad_certificate, "a certificate of more than 256 KiB");
    }
    const unsigned char* at = octets(der);
    const CertificateHandle handle(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!handle) {
        fail(bad_certificate, "not a certificate");
    }
    if (at != octets(der) + der.size()) {
        throw Error(bad_certificate, "bytes follow the certificate");
    }
    X509* certificate = handle.get();
    // One certificate has one encoding, so that its digests name it: d2i also takes BER (X.690 section 10).
    if (encode(i2d_X509, certificate) != der) {
        throw Error(bad_certificate, "the certificate is not encoded in DER");
    }
    auto value = std::make_shared<Certificate>();
    value->sha256 = std::move(fingerprint);
    value->sha1 = sha1(der);
    value->der = der;
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const X509_NAME* issuer = X509_get_issuer_name(certificate);
    value->subject_der = name_der(subject);
    value->issuer_der = name_der(issuer);
    value->subject = read_subject(subject);
    value->subject_text = name_text(subject);
    const bool same = value->subject_der == value->issuer_der;
    value->issuer = same ? value->subject : read_subject(issuer);
    value->issuer_text = same ? value->subject_text : name_text(issuer);
    value->serial = serial_text(X509_get0_serialNumber(certificate));
    value->not_before = instant_of(X509_get0_notBefore(certificate), "notBefore");
    value->not_after = instant_of(X509_get0_notAfter(certificate), "notAfter");
    ExtensionValues extensions = read_extensions(X509_get0_extensions(certificate), bad_certificate);
    value->names = std::move(extensions.names);
    value->other_names = extensions.other_names;
    value->extended_key_usage = std::move(extensions.extended_key_usage);
    value->is_authority = extensions.is_authority;
    value->has_crl_distribution_point = extensions.has_crl_distribution_point;
    value->subject_key_id = std::move(extensions.subject_key_id);
    value->authority_key_id = std::move(extensions.authority_key_id);
    value->digest = signature_digest(X509_get0_tbs_sigalg(certificate));
    const X509_ALGOR* outside = nullptr;
    X509_get0_signature(nullptr, &outside, certificate);
    value->one_signature_algorithm = X509_ALGOR_cmp(outside, X509_get0_tbs_sigalg(certificate)) == 0;
    read_key(certificate, *value);
    return value;
}

std::string to_text(KeyKind kind) {
    switch (kind.algorithm) {
        case KeyAlgorithm::rsa:
            return "rsa " + std::to_string(kind.bits);
        case KeyAlgorithm::ecdsa:
            return "ecdsa p" + std::to_string(kind.bits);
        case KeyAlgorithm::other:
            break;
    }
    return "other";
}

std::string reversed_serial(const std::string& serial) {
    const bool negative = serial.starts_with('-');
    std::string reversed = negative ? "-" : "";
    for (std::size_t end = serial.size(); end >= (negative ? 3U : 2U); end -= 2) {
        reversed.append(serial, end - 2, 2);
    }
    return reversed;
}

CertificateRef parse_certificate(std::string_view der) {
    return read_certificate(der, sha256(der));
}

std::string to_pem(const Certificate& certificate) {
    return pem_text("CERTIFICATE", certificate.der);
}

std::string der_of_pem(std::string_view pem) {
    for (const PemBlock& block : pem_blocks(pem, bad_certificate)) {
        if (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") {
            return pem_bytes(block, bad_certificate);
        }
    }
    throw Error(bad_certificate, "no CERTIFICATE block in it");
}

std::string sha256(std::string_view bytes) {
    return digest_hex(bytes, EVP_sha256());
}
std::string sha1(std::string_view bytes) {
    return digest_hex(bytes, EVP_sha1());
}

}  // namespace edgecert::x509
