// What opening a PFX would cost and need, known before any of it is decrypted; private to this folder.
#pragma once

#include <cstdint>

#include "resources/x509/openssl.h"

namespace edgecert::x509 {

// Adds up what a file asks for. Throws Error "bad-pfx": more than 10,000,000 iterations in all, a cipher that
// only OpenSSL's legacy provider has (named), or a scheme that is not known.
class PfxCost {
public:
    void add_mac(const PKCS12* pfx);
    void add_encryption(const X509_ALGOR* algorithm);

private:
    void add(const ASN1_INTEGER* iterations);
    std::int64_t total_{};
};

}  // namespace edgecert::x509
