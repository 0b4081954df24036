// Key files of a directory store: written for few eyes, and matched with their certificates by the public
// key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>

#include "engine/files/files.h"
#include "resources/stores/observation.h"
#include "resources/x509/key.h"

namespace edgecert::directory {

struct KeyLook {
    KeyState state{KeyState::absent};
    std::string why{};  // in words, for every state but present and absent
};

// One object a store and run: each key file is taken apart once, and known by the hash of its bytes after
// that.
class KeyFiles {
public:
    explicit KeyFiles(std::string group) : group_name_(std::move(group)) {}

    // Is key.pem in `folder` the key whose SubjectPublicKeyInfo has this SHA-256, and ours alone to read?
    [[nodiscard]] KeyLook look(const Folder& folder, const std::string& spki_sha256);

    // The key, which look() must have called present; Error "store-refused" with the reason otherwise.
    [[nodiscard]] x509::PrivateKey read(const Folder& folder, const std::string& spki_sha256);

    // 0600, or 0640 for the group when `shared`: the keys of requests are for nobody else. Another key that
    // stands there is kept under a name of its own, never lost.
    void write(const Folder& folder, const x509::PrivateKey& key, bool shared);

private:
    [[nodiscard]] std::optional<gid_t> group();
    [[nodiscard]] std::string exposure(const Folder& folder);
    [[nodiscard]] const std::string& public_part(const std::string& bytes);

    std::string group_name_;
    std::optional<gid_t> group_{};
    std::map<std::string, std::string>
        spki_of_{};  // SHA-256 of a key file → SHA-256 of its public key, "" when it is no key
};

}  // namespace edgecert::directory
