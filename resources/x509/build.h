// Values turned into OpenSSL's objects, for requests and certificates alike; private to this folder.
#pragma once

#include <set>
#include <string>

#include "resources/x509/certificate.h"
#include "resources/x509/name.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {

// C, ST, L, O, OU, CN (the order in which CAs write them), then what is in `other`. UTF8String, but for the
// country. Throws Error `code` when a value is too long or a type unknown (RFC 5280 appendix A.1).
[[nodiscard]] NameHandle build_name(const Subject& subject, const std::string& code);

// GENERAL_NAMES one by one, never parsed from text, so that no name can bring another one along.
[[nodiscard]] GeneralNamesHandle build_names(const Names& names, const std::string& code);
[[nodiscard]] UsagesHandle build_usages(const TextSet& usages, const std::string& code);

// keyUsage bits by their number (RFC 5280 section 4.2.1.3).
inline constexpr int digital_signature = 0;
inline constexpr int key_encipherment = 2;
inline constexpr int key_cert_sign = 5;
inline constexpr int crl_sign = 6;
[[nodiscard]] BitsHandle build_key_usage(const std::set<int>& bits);
// What a TLS server's key is for: signatures, and with RSA the key exchange of TLS 1.2 and older.
[[nodiscard]] BitsHandle build_leaf_usage(KeyKind kind);

[[nodiscard]] const EVP_MD* signing_digest(
    const std::string& name);  // sha256, sha384, sha512; else throws Error

// Adds one extension to a list that may still be null. i2d's object is only read.
void add_extension(ExtensionsHandle& extensions, int nid, void* value, bool critical);
// subjectAltName (critical when the subject is empty: RFC 5280 section 4.2.1.6) and extendedKeyUsage, where
// there are any.
void add_names(ExtensionsHandle& extensions, const Names& names, bool critical, const std::string& code);
void add_usages(ExtensionsHandle& extensions, const TextSet& usages, const std::string& code);

}  // namespace edgecert::x509
