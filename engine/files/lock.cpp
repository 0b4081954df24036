// FileLock: flock(2) on a file that is opened without following links.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/files/posix.h"

namespace edgecert {
namespace {

posix::Descriptor open_lock(const Folder& folder, const std::string& name) {
    constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const auto path = folder.path() / name;
    posix::Descriptor file(
        posix::retried([&] { return ::openat(folder.descriptor(), name.c_str(), flags, 0600); }));
    if (!file.valid()) {
        if (errno == ELOOP) {
            throw Error("unsafe-link", path.string() + " is a symbolic link, and is not followed");
        }
        posix::fail("lock", path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        posix::fail("lock", path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error("not-a-file", path.string() + " is not a regular file");
    }
    return file;
}

bool try_lock(int descriptor, const std::filesystem::path& path) {
    if (posix::retried([descriptor] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == 0) {
        return true;
    }
    if (errno != EWOULDBLOCK) {
        posix::fail("lock", path, errno);
    }
    return false;
}

// Whether the name still leads to the file that is open: one that was removed meanwhile keeps nobody out.
bool still_there(int descriptor, const Folder& folder, const std::string& name) {
    struct stat ours {};
    struct stat there {};
    return ::fstat(descriptor, &ours) == 0 &&
           ::fstatat(folder.descriptor(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

}  // namespace

std::optional<FileLock> FileLock::take(const Folder& folder,
                                       const std::string& name,
                                       int patience_milliseconds) {
    using Steady = std::chrono::steady_clock;
    const auto path = folder.path() / posix::checked(name);
    const auto deadline = Steady::now() + std::chrono::milliseconds(patience_milliseconds);
    auto pause = std::chrono::milliseconds(5);
    while (true) {
        posix::Descriptor file = open_lock(folder, name);
        const bool locked = try_lock(file.get(), path);
        if (locked && still_there(file.get(), folder, name)) {
            return FileLock(file.release());
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
        if (left.count() <= 0) {
            return std::nullopt;
        }
        std::this_thread::sleep_for(std::min(pause, left));
        pause = std::min(pause * 2, std::chrono::milliseconds(100));
    }
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    if (this != &other) {
        const posix::Descriptor old(std::exchange(descriptor_, std::exchange(other.descriptor_, -1)));
    }
    return *this;
}

FileLock::~FileLock() {
    const posix::Descriptor closed(descriptor_);
}

}  // namespace edgecert
