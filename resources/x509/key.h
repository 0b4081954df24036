// Private keys: made, read, matched; their bytes only ever in a Secret.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/text/secret.h"
#include "resources/x509/certificate.h"

namespace edgecert::x509 {

// A private key as unencrypted PKCS#8 PEM (RFC 5958), and what of it is public.
struct PrivateKey {
    Secret pem{};
    KeyKind kind{};
    std::string spki_sha256{};
    std::string spki_der{};
    std::shared_ptr<const LoadedKey> loaded{};  // what `pem` was made from; null: it is read when it is used
};

// RSA 2048 to 4096 (public exponent 65537) or ECDSA P-256, P-384. Throws Error.
[[nodiscard]] PrivateKey generate_key(KeyKind kind);

// PKCS#8 or traditional PEM, unencrypted; an encrypted key is Error "encrypted-key" (no prompt, ever).
[[nodiscard]] PrivateKey parse_key(std::string_view pem);

// SHA-256 of the SubjectPublicKeyInfo of such a key, and nothing else of it: for who only has to know whose
// key it is. The same checks and errors.
[[nodiscard]] std::string public_part(std::string_view pem);

// An RSA key as its RSAPrivateKey (RFC 8017 appendix A.1.2) in DER, the form in which it goes to and comes
// from a server whose system makes its own PFX files; read back with the same checks. Error "bad-key".
[[nodiscard]] Secret to_pkcs1(const PrivateKey& key);
[[nodiscard]] PrivateKey parse_pkcs1(std::string_view der);

}  // namespace edgecert::x509
