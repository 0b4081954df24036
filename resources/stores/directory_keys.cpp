// Key files of a directory store.
#include "resources/stores/directory_keys.h"

#include <grp.h>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/secret.h"
#include "resources/stores/directory_files.h"

namespace edgecert::directory {
namespace {

constexpr std::size_t key_limit = 64U << 10U;
constexpr std::string_view kept_start = "key.kept-";
constexpr std::string_view kept_end = ".pem";
constexpr std::size_t kept_digits = 16;

// Read for as long as the caller looks at it, then wiped.
std::optional<Secret> read_secret(const Folder& folder) {
    auto bytes = folder.read(key_file, key_limit);
    if (!bytes) {
        return std::nullopt;
    }
    return Secret(*std::move(bytes));
}

std::optional<gid_t> group_called(const std::string& name) {
    if (name.empty()) {
        return std::nullopt;
    }
    std::vector<char> buffer(16384);
    struct group entry {};
    struct group* found = nullptr;
    const bool known =
        ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    return known ? std::optional{found->gr_gid} : std::nullopt;
}

}  // namespace

const std::string& KnownKeys::public_part(const std::string& bytes) {
    const std::string hash = x509::sha256(bytes);
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[hash];  // stays where it is, whatever else is added
    lock.unlock();
    std::call_once(entry.once, [&entry, &bytes] {
        try {
            entry.spki = x509::public_part(bytes);
        } catch (const Error&) {
            entry.spki.clear();
        }
    });
    return entry.spki;
}

void KnownKeys::remember(const x509::PrivateKey& key) {
    const std::string hash = x509::sha256(key.pem.view());
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[hash];
    lock.unlock();
    std::call_once(entry.once, [&entry, &key] { entry.spki = key.spki_sha256; });
}

bool is_kept_key(std::string_view name) {
    return name.size() == kept_start.size() + kept_digits + kept_end.size() && name.starts_with(kept_start) &&
           name.ends_with(kept_end);
}

std::optional<gid_t> KeyFiles::group() {
    if (!group_) {
        group_ = group_called(group_name_);
    }
    return group_;
}

std::optional<gid_t> KeyFiles::needed_group() {
    if (lacks_group()) {
        throw Error("store-refused", "there is no group \"" + group_name_ + "\" here to give keys to");
    }
    return group();
}

// Why others can read the key, or "". A key of another user's is that user's to read. One that was given to a
// group because it was declared so then is no leak now that another is.
std::string KeyFiles::exposure(const Folder& folder, const Folder::Stat& file) {
    if (file.owner != ::geteuid() && file.owner != 0) {
        return "the key belongs to another user (uid " + std::to_string(file.owner) + ")";
    }
    const bool for_group = (file.mode & S_IRGRP) != 0;
    const bool group_may = for_group && ((group() && file.group == *group()) ||
                                         group_called(recorded_key_group(folder)) == file.group);
    const mode_t allowed = group_may ? S_IRWXU | S_IRGRP : S_IRWXU;
    if ((file.mode & ~allowed) != 0) {
        return "the key may be read or written by others than its owner";
    }
    return {};
}

bool KeyFiles::is_for_another(const Folder::Stat& file) {
    const bool for_group = (file.mode & S_IRGRP) != 0;
    return group_name_.empty() ? for_group : group() && (!for_group || file.group != *group());
}

KeyLook KeyFiles::look(const Folder& folder, const std::string& spki_sha256) {
    std::optional<Folder::Contents> file;
    try {
        file = folder.read_with_stat(key_file, key_limit);
    } catch (const Error& error) {
        return {KeyState::unreadable,
                error.diagnostic().text,
                is_unread(error) ? std::optional{error} : std::nullopt};
    }
    if (!file) {
        return {};
    }
    const std::string spki = known_->public_part(file->bytes);
    wipe(file->bytes);
    if (spki.empty()) {
        return {KeyState::unreadable, "there is no usable private key in it", {}};
    }
    if (spki != spki_sha256) {
        return {KeyState::mismatched, "it is the key of something else", {}};
    }
    std::string exposed = exposure(folder, file->stat);
    if (!exposed.empty()) {
        return {KeyState::exposed, std::move(exposed), {}};
    }
    return {KeyState::present, {}, {}, is_for_another(file->stat)};
}

void KeyFiles::need(const Folder& folder, const std::string& spki_sha256) {
    const KeyLook seen = look(folder, spki_sha256);
    if (seen.state != KeyState::present) {
        const std::string why = seen.state == KeyState::absent ? "it is not there" : seen.why;
        throw Error("store-refused",
                    "the key in " + folder.path().string() + " cannot be used: " + why,
                    seen.state == KeyState::exposed ? "chmod 600, and consider the key known to others" : "");
    }
}

x509::PrivateKey KeyFiles::read(const Folder& folder, const std::string& spki_sha256) {
    need(folder, spki_sha256);
    const auto bytes = read_secret(folder);
    if (!bytes) {
        throw Error("store-refused", "the key in " + folder.path().string() + " went away");
    }
    return x509::parse_key(bytes->view());
}

void KeyFiles::write(const Folder& folder, const x509::PrivateKey& key, bool shared) {
    const std::optional<gid_t> reader = shared ? needed_group() : std::nullopt;
    const KeyLook seen = look(folder, key.spki_sha256);
    if (seen.state == KeyState::present) {
        if (shared) {
            give(folder, key.spki_sha256);
        }
        return;
    }
    if (seen.state == KeyState::mismatched || seen.state == KeyState::unreadable) {
        std::string kept{kept_start};
        kept.append(random_id(), 0, kept_digits).append(kept_end);
        folder.rename(key_file, kept);
    }
    folder.replace(key_file, key.pem.view(), reader ? 0640 : 0600, reader);
    known_->remember(key);
}

void KeyFiles::give(const Folder& folder, const std::string& spki_sha256) {
    const std::optional<gid_t> reader = needed_group();
    const KeyLook seen = look(folder, spki_sha256);
    const auto bytes =
        seen.state == KeyState::present && seen.other_group ? read_secret(folder) : std::optional<Secret>{};
    if (bytes) {
        folder.replace(key_file, bytes->view(), reader ? 0640 : 0600, reader);
    }
}

}  // namespace edgecert::directory
