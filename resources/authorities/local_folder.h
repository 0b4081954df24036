// The folder of a CA that lives in one: its layout, the checks before anything in it is believed, and how it
// is made whole.
//
//   <directory>/
//     lock                        flock(2): one writer; gone with its process
//     ca/                         appears by one rename, or not at all
//       authority.json            whose CA this is: name, declaration, birth ids, when it was made
//       root.pem  issuing.pem  chain.pem     chain.pem (issuing first) is for people
//       private/root.key  private/issuing.key    PKCS#8 PEM, 0600 in a folder of 0700; the root's may be
//       taken away to a safe log/<issuance id>.json    one file a certificate issued; log.index beside it
//     making/                     left by a crash while making; never told to anybody, so it is thrown away
//
// The issuing CA has the declared subject; its root the same with " Root" after the common name. Both are
// valid as long as declared, from five minutes before the moment of making. The root has no path length, the
// issuing CA has path length 0.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "engine/files/files.h"
#include "engine/time/instant.h"
#include "resources/authorities/authority.h"
#include "resources/x509/key.h"

namespace edgecert {

using RandomBytes = std::function<std::string(std::size_t)>;

inline constexpr const char* local_lock_file = "lock";
inline constexpr Seconds local_backdate =
    std::chrono::minutes{5};  // clocks of those who check are never quite right

// A CA as its folder has it; verified: the root is self-signed, and the issuing CA is signed by it.
struct LocalCa {
    Folder folder;  // ca/
    std::string declaration{};
    std::string root_birth{};
    std::string issuing_birth{};
    x509::CertificateRef root{};
    x509::CertificateRef issuing{};
};

// nullopt: there is none, and there may be one made: the folder is absent or empty. Error "authority-refused"
// when the folder is not to be believed (a link, open to others, a key that others may read, somebody else's
// files, a CA that is broken). Changes nothing.
[[nodiscard]] std::optional<LocalCa> open_local_ca(const std::string& directory,
                                                   x509::CertificateCache& cache);

// The issuing key, which must be the issuing certificate's. Error "authority-refused".
[[nodiscard]] x509::PrivateKey read_issuing_key(const LocalCa& ca);
[[nodiscard]] bool has_private_key(const LocalCa& ca, bool root);

// Makes the CA of `spec` in `folder` (its directory, locked by the caller, holding no CA): all of it in
// making/, synced, then renamed.
void make_local_ca(const Folder& folder,
                   const AuthoritySpec& spec,
                   const RandomBytes& random_bytes,
                   Instant now);

// 16 octets, positive, never shorter, as hex (RFC 5280 section 4.1.2.2).
[[nodiscard]] std::string random_serial(const RandomBytes& random_bytes);

}  // namespace edgecert
