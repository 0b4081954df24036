// PKCS#12 (RFC 7292): a certificate, its key and chain in one encrypted file, in profiles that every Windows
// takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resources/x509/key.h"

namespace edgecert::x509 {

enum class PfxProfile {
    modern,     // AES-256-CBC, PBKDF2 HMAC-SHA256 (RFC 8018), MAC SHA-256: Server 2019 and newer
    tdes_sha1,  // "3des-sha1": PBE-SHA1-3DES, MAC SHA-1: Server 2016 and older
};

// Where a password comes from. One that was made at random for this one file (128 bits or more) cannot be
// searched for, however fast each try is: what makes a try slow (RFC 8018 section 4.2) protects only
// passwords that people choose. A password of fewer than 32 characters (128 bits in hexadecimal) counts as
// chosen, whatever its caller says.
enum class PasswordOrigin { chosen, random };

struct PfxContents {
    PrivateKey key{};
    CertificateRef certificate{};
    std::vector<CertificateRef> chain{};  // issuing CA first, root last
    std::string friendly_name{};
};

// With the attributes Windows wants: friendlyName, localKeyID, the CSP name "Microsoft RSA SChannel
// Cryptographic Provider" and LocalKeySet on RSA keys, key type KEY_EX. Passwords are ASCII (Error
// otherwise). Iterations: 10,000 under a chosen password; under a random one 1,000, the least that SP 800-132
// allows and strict readers take.
[[nodiscard]] Secret make_pfx(const PfxContents& contents,
                              const Secret& password,
                              PfxProfile profile,
                              PasswordOrigin origin = PasswordOrigin::chosen);

// Throws Error: "wrong-password" (the MAC does not match), "bad-pfx" (anything else, with the reason: no key,
// a key that is not the certificate's, RC2-40 which needs OpenSSL's legacy provider …). Input is capped at 4
// MiB; iteration counts that add up to more than 10,000,000 are refused. The chain is what leads up from the
// certificate; others are left out.
[[nodiscard]] PfxContents parse_pfx(std::string_view bytes, const Secret& password, CertificateCache& cache);

}  // namespace edgecert::x509
