// Key files of a directory store: written for few eyes, and matched with their certificates by the public
// key.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "resources/stores/observation.h"
#include "resources/x509/key.h"

namespace edgecert::directory {

struct KeyLook {
    KeyState state{KeyState::absent};
    std::string why{};              // in words, for every state but present and absent
    std::optional<Error> unread{};  // the file was not read: nobody knows what key is in it
    bool other_group{};             // present, but not for the declared group alone
};

// The public parts of key files, by the hash of their bytes: the servers of a pool hold the same keys, and
// each is taken apart once. Safe from several threads; who meets a key that is just being looked at waits for
// it.
class KnownKeys {
public:
    // SHA-256 of the SubjectPublicKeyInfo, or "" when these bytes are no private key.
    [[nodiscard]] const std::string& public_part(const std::string& bytes);
    // What was written: its very bytes, met again in a file, are this key.
    void remember(const x509::PrivateKey& key);

private:
    struct Entry {
        std::once_flag once{};
        std::string spki{};
    };
    std::mutex mutex_{};
    std::map<std::string, Entry> entries_{};  // by SHA-256 of the file
};

// What an entry's record says: the group that its key was given to, or "".
[[nodiscard]] std::string recorded_key_group(const Folder& entry);

// Does a file with this name hold what stood where another key belongs (KeyFiles::write)?
[[nodiscard]] bool is_kept_key(std::string_view name);

// One object a store and run.
class KeyFiles {
public:
    KeyFiles(std::string group, std::shared_ptr<KnownKeys> known)
        : group_name_(std::move(group)), known_(std::move(known)) {}

    // Is key.pem in `folder` the key whose SubjectPublicKeyInfo has this SHA-256, and ours alone to read?
    [[nodiscard]] KeyLook look(const Folder& folder, const std::string& spki_sha256);

    // Error "store-refused" with the reason unless look() calls the key present.
    void need(const Folder& folder, const std::string& spki_sha256);
    // The key, which is needed in this way.
    [[nodiscard]] x509::PrivateKey read(const Folder& folder, const std::string& spki_sha256);

    // 0600, or 0640 for the group when `shared`: the keys of requests are for nobody else. Another key that
    // stands there is kept under a name of its own, never lost.
    void write(const Folder& folder, const x509::PrivateKey& key, bool shared);
    // A certificate's key that is there becomes readable by the declared group and no other. Error
    // "store-refused" when there is no such group.
    void give(const Folder& folder, const std::string& spki_sha256);

    [[nodiscard]] const std::string& group_name() const { return group_name_; }
    [[nodiscard]] bool lacks_group() { return !group_name_.empty() && !group(); }

private:
    [[nodiscard]] std::optional<gid_t> group();
    [[nodiscard]] std::optional<gid_t> needed_group();
    [[nodiscard]] std::string exposure(const Folder& folder, const Folder::Stat& file);
    [[nodiscard]] bool is_for_another(const Folder::Stat& file);

    std::string group_name_;
    std::optional<gid_t> group_{};
    std::shared_ptr<KnownKeys> known_;
};

}  // namespace edgecert::directory
