// What certificates and requests have in common, read out of OpenSSL's objects into values; private to this
// folder.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "resources/x509/certificate.h"
#include "resources/x509/name.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {

// Text of any DER string type in UTF-8; nullopt: no text, or a broken one.
[[nodiscard]] std::optional<std::string> text_of(const ASN1_STRING* value);

[[nodiscard]] Subject read_subject(const X509_NAME* name);
[[nodiscard]] std::string name_text(const X509_NAME* name);  // RFC 2253; ASCII without control characters

// RSA-PSS keys are `other` here: whoever takes them says so apart. So are keys whose curve is not named.
[[nodiscard]] KeyKind key_kind(const EVP_PKEY* key);  // null: other

// "sha256" and so on; an algorithm without a digest of its own is named itself ("ed25519"), an unknown one by
// its dotted OID.
[[nodiscard]] std::string signature_digest(const X509_ALGOR* algorithm);

struct ExtensionValues {
    Names names{};
    int other_names{};
    TextSet extended_key_usage{};
    bool is_authority{};
    bool has_crl_distribution_point{};
    std::string subject_key_id{};    // hex
    std::string authority_key_id{};  // hex
};
// Throws Error `code`: an extension twice, one that is broken or has bytes behind it.
[[nodiscard]] ExtensionValues read_extensions(const STACK_OF(X509_EXTENSION) * extensions,
                                              const std::string& code);

[[nodiscard]] std::string dotted(const ASN1_OBJECT* object);

// "serverAuth" and the like to the OID and back (RFC 5280 section 4.2.1.12); others are dotted OIDs on both
// sides.
[[nodiscard]] std::string usage_name(const ASN1_OBJECT* usage);
[[nodiscard]] ObjectHandle usage_object(const std::string& name);  // null: neither a name we know nor an OID

}  // namespace edgecert::x509
