// RSA keys between CryptoAPI's blobs and the forms that everybody else uses.
#pragma once

#include <string>
#include <string_view>

#include "engine/text/secret.h"

namespace edgecert::windows {

// PRIVATEKEYBLOB ↔ RSAPrivateKey (RFC 8017 appendix A.1.2). Error "store-refused".
[[nodiscard]] Secret private_blob_of(const Secret& pkcs1);
[[nodiscard]] Secret pkcs1_of(const Secret& private_blob);

// PUBLICKEYBLOB → SubjectPublicKeyInfo (RFC 3279 section 2.3.1) in DER.
[[nodiscard]] std::string public_key_from_blob(std::string_view blob);

}  // namespace edgecert::windows
