// Certificate requests (PKCS#10, RFC 2986): made from a subject, names and usages, and read back.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "resources/x509/key.h"

namespace edgecert::x509 {

struct RequestContents {
    Subject subject{};
    Names names{};
    TextSet extended_key_usage{};  // as in Certificate
    KeyKind key{};
    std::string spki_sha256{};
    std::string digest{};
    bool operator==(const RequestContents&) const = default;
};

// Signs a request with `key`: subjectAltName (GENERAL_NAMEs built one by one, never parsed from text),
// extendedKeyUsage, keyUsage digitalSignature (and keyEncipherment for RSA), signature digest sha256, sha384
// or sha512. PEM. A CN over 64 characters (ub-common-name) is left out of the subject only if names hold it;
// else Error.
[[nodiscard]] std::string make_request(const RequestContents& contents, const PrivateKey& key);

// PEM or DER; the self-signature is verified. Throws Error "bad-request".
[[nodiscard]] RequestContents parse_request(std::string_view bytes);
// Does a request, read back, ask for what was ordered: subject (a CN too long for one may be left out),
// names, usages, kind of key? Its digest and its very key are the caller's to compare.
[[nodiscard]] bool asks_as_ordered(const RequestContents& made, const RequestContents& ordered);
// The SubjectPublicKeyInfo of such a request, for Issuance::spki_der; the same checks and errors.
[[nodiscard]] std::string request_public_key(std::string_view bytes);
[[nodiscard]] std::string request_der(std::string_view pem);

}  // namespace edgecert::x509
