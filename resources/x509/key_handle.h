// Private keys between OpenSSL's objects and our values; private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "resources/x509/key.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {

// The value of a key that OpenSSL holds: its PKCS#8, kind and public key.
[[nodiscard]] PrivateKey describe_key(EVP_PKEY* key);

// The key of a value; throws Error "bad-key".
[[nodiscard]] KeyHandle load_key(const PrivateKey& key);

// Do the private and public numbers belong together? RSA by its equations (RFC 8017 section 3.2), EC by its
// public point. What a store or a file says is not taken for granted: a key with a flipped bit would pass as
// the certificate's.
[[nodiscard]] bool is_consistent(EVP_PKEY* key);

[[nodiscard]] KeyHandle load_public_key(std::string_view spki_der);  // throws Error "bad-key"

}  // namespace edgecert::x509
