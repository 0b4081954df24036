// The directory store as a whole: opening, locking, observing, running what is configured.
#include "resources/stores/directory_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/transport/process.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/open.h"

namespace edgecert {
namespace {

constexpr Seconds own_patience{30};
constexpr Seconds activation_deadline{60};
constexpr Seconds handshake_deadline{15};

class DirectoryLock final : public StoreLock {
public:
    explicit DirectoryLock(std::shared_ptr<FileLock> lock) : lock_(std::move(lock)) {}

private:
    std::shared_ptr<FileLock> lock_;
};

std::string without_trailing_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') {
        path.pop_back();
    }
    return path;
}

StoreSpec checked(StoreSpec spec) {
    spec.directory = without_trailing_slash(spec.directory);
    if (!spec.directory.starts_with('/') || spec.directory == "/") {
        throw Error("store-refused",
                    "a store is named by the whole path of its folder, not \"" + spec.directory + "\"");
    }
    return spec;
}

}  // namespace

DirectoryStore::DirectoryStore(const StoreSpec& spec,
                               Clock& clock,
                               std::vector<std::string> hidden,
                               std::shared_ptr<directory::KnownKeys> known,
                               x509::CertificateCache* certificates)
    : spec_(checked(spec)),
      clock_(&clock),
      hidden_(std::move(hidden)),
      keys_(spec.key_group, std::move(known)),
      cache_(certificates != nullptr ? certificates : &own_cache_) {
    hidden_.emplace_back("EDGECERT_*");
}

std::shared_ptr<FileLock> DirectoryStore::take_lock(const Folder& root, Seconds patience) {
    if (auto held = held_.lock()) {
        return held;
    }
    constexpr std::int64_t longest = 86'400;
    const auto seconds = std::clamp<std::int64_t>(patience.count(), 0, longest);
    auto taken = FileLock::take(root, directory::lock_file, static_cast<int>(seconds * 1000));
    if (!taken) {
        throw Error("store-locked",
                    "the store " + spec_.directory + " is being changed by somebody else",
                    "the lock goes with the process that holds it; try again when it is done");
    }
    auto lock = std::make_shared<FileLock>(*std::move(taken));
    held_ = lock;
    return lock;
}

DirectoryStore::Change DirectoryStore::start_change(Folder root) {
    auto lock = take_lock(root, own_patience);
    if (!swept_) {
        directory::sweep(root);
        finish_accepted(root);
        swept_ = true;
    }
    return {.root = std::move(root), .lock = std::move(lock)};
}

DirectoryStore::Change DirectoryStore::open_for_change() {
    Change change = start_change(*directory::open_root(spec_.directory, true));
    if (!change.root.stat(directory::id_file)) {
        change.root.replace(directory::id_file, directory::random_id() + "\n");
    }
    return change;
}

std::optional<DirectoryStore::Change> DirectoryStore::open_for_change_if_there() {
    auto root = directory::open_root(spec_.directory, false);
    if (!root) {
        return std::nullopt;
    }
    return start_change(*std::move(root));
}

std::unique_ptr<StoreLock> DirectoryStore::lock(Seconds patience) {
    return std::make_unique<DirectoryLock>(take_lock(*directory::open_root(spec_.directory, true), patience));
}

StoreObservation DirectoryStore::observe(x509::CertificateCache& cache) {
    StoreObservation seen;
    seen.activates = !spec_.activate.empty();
    seen.clock = clock_->now();
    const auto root = directory::open_root(spec_.directory, false);
    directory::Findings findings;
    if (!root) {
        directory::look_for_obstacles_above(spec_.directory, findings);
        look_for_group(findings);
        seen.findings = findings.sorted();
        return seen;
    }
    const directory::Reading reading{cache, keys_, findings, directory::read_serving(*root)};
    seen.store_id = directory::read_id(*root, findings);
    for (const TrustKind kind : {TrustKind::root, TrustKind::intermediate}) {
        for (TrustEntry& entry :
             directory::trust_entries(directory::read_trust(*root, kind, reading), kind)) {
            seen.trust.push_back(std::move(entry));
        }
    }
    // Requests first: one that becomes a certificate meanwhile is seen as one or the other, never as neither.
    seen.requests = directory::read_all_requests(*root, reading);
    seen.personal = directory::read_all_personal(*root, reading);
    std::set<std::string> personal;
    for (const PersonalEntry& entry : seen.personal) {
        personal.insert(entry.id);
    }
    seen.roles = directory::read_all_roles(*root, personal, reading);
    findings.refuse_unread();
    directory::look_for_rubbish(*root, findings);
    seen.findings = findings.sorted();
    seen.exists = !seen.store_id.empty() || !seen.trust.empty() || !seen.personal.empty() ||
                  !seen.requests.empty() || !seen.roles.empty() || !seen.findings.empty();
    directory::look_for_obstacles(*root, findings);
    look_for_group(findings);
    seen.findings = findings.sorted();
    share_texts(seen, cache.texts());
    return seen;
}

// Found out before a certificate is asked for that could then not be installed.
void DirectoryStore::look_for_group(directory::Findings& findings) {
    if (keys_.lacks_group()) {
        findings.add(
            "", "no-key-group", "there is no group \"" + keys_.group_name() + "\" there to give keys to");
    }
}

CommandResult DirectoryStore::activate(const std::string& role) {
    if (!directory::is_role_name(role)) {
        throw Error("store-refused", "\"" + printable(role, 64) + "\" is no role");
    }
    if (spec_.activate.empty()) {
        return {.ok = true, .text = {}};
    }
    ProcessLimits limits;
    limits.output = 64U << 10U;
    limits.deadline = activation_deadline;
    const std::vector<std::string> told{"EDGECERT_ROLE=" + role, "EDGECERT_STORE=" + spec_.directory};
    try {
        const ProcessResult result = run_process(spec_.activate, "", limits, hidden_, told);
        std::string text = result.output;
        text += (!text.empty() && !result.error_output.empty() ? "\n" : "") + result.error_output;
        text.erase(text.find_last_not_of("\r\n") + 1);
        text = printable(text);
        if (result.timed_out) {
            text =
                "it did not end within " + to_words(activation_deadline) + (text.empty() ? "" : ": ") + text;
        } else if (result.status != 0) {
            text =
                "it ended with status " + std::to_string(result.status) + (text.empty() ? "" : ": ") + text;
        }
        return {.ok = result.status == 0 && !result.timed_out, .text = text};
    } catch (const Error& error) {
        return {.ok = false, .text = error.diagnostic().text};
    }
}

HandshakeResult DirectoryStore::handshake(const HandshakeOrder& order) {
    return tls_handshake(order, handshake_deadline);
}

std::unique_ptr<CertificateStore> open_directory_store(const StoreSpec& spec,
                                                       Clock& clock,
                                                       std::vector<std::string> hidden_environment,
                                                       std::shared_ptr<directory::KnownKeys> known,
                                                       x509::CertificateCache* certificates) {
    return std::make_unique<DirectoryStore>(spec,
                                            clock,
                                            std::move(hidden_environment),
                                            known ? std::move(known) : make_known_keys(),
                                            certificates);
}

std::shared_ptr<directory::KnownKeys> make_known_keys() {
    return std::make_shared<directory::KnownKeys>();
}

}  // namespace edgecert
