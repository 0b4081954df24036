// Folder: an open folder, looked into and changed by single names only.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/files/posix.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

// "a/b/" and "a/b/." name the same folder as "a/b", but the kernel follows a link b when it sees them.
fs::path without_trailing_slash(fs::path path) {
    while (path.has_parent_path() && path != path.root_path() &&
           (!path.has_filename() || path.filename() == ".")) {
        path = path.parent_path();
    }
    return path.empty() ? fs::path(".") : path;
}

void refuse_if_open_to_others(int descriptor, const fs::path& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        posix::fail("open", path, errno);
    }
    if ((status.st_mode & S_IWOTH) != 0) {
        throw Error("unsafe-folder",
                    path.string() + " may be written to by every user of this machine",
                    "chmod o-w " + path.string());
    }
}

// Opens a folder below `parent` (AT_FDCWD for a path); an invalid descriptor when it does not exist.
posix::Descriptor open_folder(int parent, const fs::path& name, const fs::path& path) {
    posix::Descriptor folder(posix::retried([&] { return ::openat(parent, name.c_str(), folder_flags); }));
    if (folder.valid()) {
        refuse_if_open_to_others(folder.get(), path);
        return folder;
    }
    const int why = errno;
    if (why == ENOENT) {
        return folder;
    }
    struct stat status {};
    const bool seen = ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (seen && S_ISLNK(status.st_mode)) {
        throw Error("unsafe-link",
                    path.string() + " is a symbolic link, and is not followed",
                    "name the folder itself");
    }
    if (why == ENOTDIR && seen) {
        throw Error("not-a-folder", path.string() + " is not a folder");
    }
    posix::fail("open", path, why);
}

void sync_folder(const fs::path& path) {
    const posix::Descriptor folder(
        posix::retried([&path] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!folder.valid()) {
        posix::fail("sync", path, errno);
    }
    posix::sync(folder.get(), path);
}

fs::path parent_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Makes the missing folders of `path`, outermost first, each synced into its parent. Links among them are
// fine: they are the user's, and stand above what we keep.
void make_parents(const fs::path& path) {
    std::vector<fs::path> missing;
    std::error_code ignored;
    for (fs::path next = path; !fs::exists(next, ignored) && next != next.root_path();
         next = parent_of(next)) {
        missing.push_back(next);
    }
    std::reverse(missing.begin(), missing.end());
    for (const fs::path& folder : missing) {
        if (::mkdir(folder.c_str(), 0755) == 0) {
            sync_folder(parent_of(folder));
        } else if (errno != EEXIST) {
            posix::fail("make", folder, errno);
        }
    }
}

// Makes `name` below `parent` with exactly `mode` whatever the umask says; true when it was not there.
bool make_folder(int parent, const fs::path& name, const fs::path& path, mode_t mode) {
    if (::mkdirat(parent, name.c_str(), mode) == 0) {
        return true;
    }
    if (errno != EEXIST) {
        posix::fail("make", path, errno);
    }
    return false;
}

void set_mode(int descriptor, const fs::path& path, mode_t mode) {
    if (::fchmod(descriptor, mode) != 0) {
        posix::fail("set the mode of", path, errno);
    }
}

Folder::Stat::Kind kind_of(mode_t mode) {
    using Kind = Folder::Stat::Kind;
    if (S_ISREG(mode)) {
        return Kind::file;
    }
    if (S_ISDIR(mode)) {
        return Kind::folder;
    }
    return S_ISLNK(mode) ? Kind::link : Kind::other;
}

Folder::Stat stat_of(const struct stat& status) {
    return {.kind = kind_of(status.st_mode),
            .mode = status.st_mode & 07777U,
            .owner = status.st_uid,
            .group = status.st_gid,
            .size = static_cast<std::size_t>(status.st_size),
            .modified = status.st_mtim.tv_sec};
}

}  // namespace

Folder::Folder(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

Folder::Folder(Folder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Folder& Folder::operator=(Folder&& other) noexcept {
    if (this != &other) {
        const posix::Descriptor old(std::exchange(descriptor_, std::exchange(other.descriptor_, -1)));
        path_ = std::move(other.path_);
    }
    return *this;
}

Folder::~Folder() {
    const posix::Descriptor closed(descriptor_);
}

Folder Folder::open(const std::filesystem::path& path, bool create, mode_t mode) {
    const fs::path plain = without_trailing_slash(path);
    posix::Descriptor folder = open_folder(AT_FDCWD, plain, plain);
    if (folder.valid()) {
        return Folder(plain, folder.release());
    }
    if (!create) {
        posix::fail("open", plain, ENOENT);
    }
    make_parents(parent_of(plain));
    const bool made = make_folder(AT_FDCWD, plain, plain, mode);
    folder = open_folder(AT_FDCWD, plain, plain);
    if (!folder.valid()) {
        posix::fail("open", plain, ENOENT);
    }
    if (made) {
        set_mode(folder.get(), plain, mode);
        sync_folder(parent_of(plain));
    }
    return Folder(plain, folder.release());
}

std::optional<Folder> Folder::open_existing(const std::filesystem::path& path) {
    const fs::path plain = without_trailing_slash(path);
    posix::Descriptor folder = open_folder(AT_FDCWD, plain, plain);
    if (!folder.valid()) {
        return std::nullopt;
    }
    return Folder(plain, folder.release());
}

std::optional<Folder::Stat> Folder::stat(const std::string& name) const {
    struct stat status {};
    if (::fstatat(descriptor_, posix::checked(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        posix::fail("look at", path_ / name, errno);
    }
    return stat_of(status);
}

std::optional<std::string> Folder::read(const std::string& name, std::size_t limit) const {
    auto contents = read_with_stat(name, limit);
    return contents ? std::optional(std::move(contents->bytes)) : std::nullopt;
}

std::optional<Folder::Contents> Folder::read_with_stat(const std::string& name, std::size_t limit) const {
    // O_NONBLOCK: a FIFO put there by somebody must not hold us; on a regular file it means nothing.
    constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const posix::Descriptor file(
        posix::retried([&] { return ::openat(descriptor_, posix::checked(name).c_str(), flags); }));
    if (file.valid()) {
        struct stat status {};
        std::string bytes = posix::read_all(file.get(), limit, status, path_, name);
        return Contents{.bytes = std::move(bytes), .stat = stat_of(status)};
    }
    switch (errno) {
        case ENOENT:
            return std::nullopt;
        case ELOOP:
            throw Error("unsafe-link", (path_ / name).string() + " is a symbolic link, and is not followed");
        case ENXIO:  // a socket
            throw Error("not-a-file", (path_ / name).string() + " is not a regular file");
        default:
            posix::fail("read", path_ / name, errno);
    }
}

std::optional<std::string> Folder::read_link(const std::string& name) const {
    std::array<char, 4096> target{};
    const auto size = ::readlinkat(descriptor_, posix::checked(name).c_str(), target.data(), target.size());
    if (size >= 0) {
        return std::string(target.data(), static_cast<std::size_t>(size));
    }
    if (errno == ENOENT) {
        return std::nullopt;
    }
    posix::fail("read the link", path_ / name, errno);
}

std::optional<Folder> Folder::enter(const std::string& name) const {
    posix::Descriptor folder = open_folder(descriptor_, posix::checked(name), path_ / name);
    if (!folder.valid()) {
        return std::nullopt;
    }
    return Folder(path_ / name, folder.release());
}

Folder Folder::make(const std::string& name, mode_t mode) const {
    const bool made = make_folder(descriptor_, posix::checked(name), path_ / name, mode);
    posix::Descriptor folder = open_folder(descriptor_, name, path_ / name);
    if (!folder.valid()) {
        posix::fail("open", path_ / name, ENOENT);
    }
    if (made) {
        set_mode(folder.get(), path_ / name, mode);
    }
    sync();  // also where it was there: who made it may have died, or failed, before it was durable
    return Folder(path_ / name, folder.release());
}

void Folder::rename(const std::string& from, const std::string& to) const {
    if (::renameat(descriptor_, posix::checked(from).c_str(), descriptor_, posix::checked(to).c_str()) != 0) {
        posix::fail("rename", path_ / from, errno);
    }
    sync();
}

void Folder::remove(const std::string& name) const {
    if (::unlinkat(descriptor_, posix::checked(name).c_str(), 0) == 0) {
        sync();
    } else if (errno != ENOENT) {
        posix::fail("remove", path_ / name, errno);
    }
}

void Folder::sync() const {
    posix::sync(descriptor_, path_);
}

}  // namespace edgecert
