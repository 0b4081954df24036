// What would keep a change of a directory store from being made, found by asking and not by trying.
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_read.h"

namespace edgecert::directory {
namespace {

constexpr const char* not_writable = "not-writable";

std::string octal(mode_t mode) {
    std::string digits;
    for (const int shift : {9, 6, 3, 0}) {
        digits += static_cast<char>('0' + ((mode >> static_cast<unsigned>(shift)) & 7U));
    }
    return digits;
}

// Why nothing may be made, renamed or removed in the folder `name` of the open folder; nullopt: it may. By
// the effective user, and also where the file system is mounted to be read only. `instead`: what mends it
// where the folder itself is nothing to change.
std::optional<std::string> why_closed(int folder,
                                      const std::string& name,
                                      const std::filesystem::path& path,
                                      const std::string& instead = {}) {
    if (::faccessat(folder, name.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
        return std::nullopt;
    }
    const int error = errno;
    if (error == EROFS) {
        return path.string() + " is on a file system that is mounted to be read only: mount it for writing";
    }
    const std::string user = std::to_string(::geteuid());
    struct stat status {};
    if (error != EACCES || ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return path.string() + " may not be written by user " + user + ": " +
               std::generic_category().message(error);
    }
    return path.string() + " may not be written by user " + user + " (it belongs to user " +
           std::to_string(status.st_uid) + ", mode " + octal(status.st_mode) + "): " +
           (!instead.empty()               ? instead
            : status.st_uid == ::geteuid() ? "chmod u+rwx " + path.string()
                                           : "chown " + user + " " + path.string());
}

// Entries of ours; what somebody else laid there is theirs to close.
void look_into_entries(const Folder& personal, Findings& findings) {
    for (const std::string& name : personal.names()) {
        const auto record = name + "/" + entry_file;
        if (is_leftover(name) || ::faccessat(personal.descriptor(), record.c_str(), F_OK, 0) != 0) {
            continue;
        }
        if (auto why = why_closed(personal.descriptor(), name, personal.path() / name)) {
            findings.add("personal/" + name, not_writable, *why);
        }
    }
}

}  // namespace

void look_for_obstacles(const Folder& root, Findings& findings) {
    if (auto why = why_closed(root.descriptor(), ".", root.path())) {
        findings.add("", not_writable, *why);
        return;
    }
    for (const char* const name : {"root", "intermediate", "personal", "requests", "roles"}) {
        const auto seen = root.stat(name);
        if (!seen || seen->kind != Folder::Stat::Kind::folder) {
            continue;
        }
        if (auto why = why_closed(root.descriptor(), name, root.path() / name)) {
            findings.add(name, not_writable, *why);
        } else if (std::string_view(name) == "personal") {
            look_into_entries(*root.enter(name), findings);
        }
    }
    const auto lock = root.stat(lock_file);
    const bool openable = !lock || (lock->kind == Folder::Stat::Kind::file &&
                                    ::faccessat(root.descriptor(), lock_file, R_OK | W_OK, AT_EACCESS) == 0);
    if (!openable) {
        findings.add(lock_file,
                     "lock-unusable",
                     (root.path() / lock_file).string() +
                         " is no file that can be opened, as the store's lock has to be: move it away");
    }
}

void look_for_obstacles_above(const std::string& directory, Findings& findings) {
    for (auto path = std::filesystem::path(directory).parent_path(); !path.empty();
         path = path.parent_path()) {
        struct stat status {};
        if (::stat(path.c_str(), &status) == 0) {
            if (S_ISDIR(status.st_mode)) {
                const auto mend =
                    "make " + directory + ", and let it belong to user " + std::to_string(::geteuid());
                if (auto why = why_closed(AT_FDCWD, path.string(), path, mend)) {
                    findings.add("", not_writable, directory + " is not there and cannot be made: " + *why);
                }
            }
            return;
        }
        if (errno != ENOENT || path == path.root_path()) {
            return;  // what else is wrong is told by whoever opens it
        }
    }
}

}  // namespace edgecert::directory
