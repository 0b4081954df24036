// Private keys between OpenSSL's objects and our values; private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "resources/x509/key.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {

struct LoadedKey {
    KeyHandle key{};
};

// The value of a key that OpenSSL holds: its PKCS#8, kind and public key.
[[nodiscard]] PrivateKey describe_key(KeyHandle key);

// SubjectPublicKeyInfo in DER, as i2d_PUBKEY has it. Of an EC key it is put together here, for OpenSSL asks
// each of its encoders in turn whether it knows the kind.
[[nodiscard]] std::string public_key_der(const EVP_PKEY* key);

// The key of a value, for reading only: other threads may have it too. Throws Error "bad-key".
[[nodiscard]] KeyHandle load_key(const PrivateKey& key);

// The first key in PEM text, in whatever form; null: there is none, or it is encrypted. Nobody is asked for a
// password.
struct ReadKey {
    KeyHandle key{};
    bool encrypted{};
};
[[nodiscard]] ReadKey read_key(std::string_view pem);

// The key in a PrivateKeyInfo (RFC 5958 section 2) with nothing behind it; null: none of a kind that is read
// here. OpenSSL's own way asks each of its decoders in turn whether it knows the kind, which takes longer
// than everything else that is done with a P-256 key.
[[nodiscard]] KeyHandle decode_pkcs8(std::string_view der);

// Do the private and public numbers belong together? RSA by its equations (RFC 8017 section 3.2), EC by its
// public point. What a store or a file says is not taken for granted: a key with a flipped bit would pass as
// the certificate's.
[[nodiscard]] bool is_consistent(EVP_PKEY* key);

[[nodiscard]] KeyHandle load_public_key(std::string_view spki_der);  // throws Error "bad-key"

}  // namespace edgecert::x509
