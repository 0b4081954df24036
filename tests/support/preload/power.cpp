// A power cut at its worst: bytes that were not synced are gone, and so is every change of a folder that was
// not synced.
#include "tests/support/preload/power.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/support/preload/break_calls.h"

namespace breaking {
namespace {

struct Inode {
    dev_t device{};
    ino_t number{};
    bool operator==(const Inode&) const = default;
};

// A change of a folder that can be undone: `name` goes back to `before`, or away, and `kept` comes back as
// `name`.
struct Change {
    int folder{-1};
    Inode inode{};
    std::string name{};
    std::string before{};
    std::string kept{};  // in the folder of what was taken away
};

struct Unsynced {
    std::mutex mutex{};
    std::vector<std::pair<int, Inode>> files{};
    std::vector<Change> changes{};
    int taken{-1};  // the folder for what was taken away
    int count{};
};

Unsynced& unsynced() {
    static Unsynced& one = []() -> Unsynced& {
        Unsynced& made = *new Unsynced;
        if (const char* taken = std::getenv("BREAK_TAKEN"))
            made.taken =
                static_cast<int>(syscall(SYS_openat, AT_FDCWD, taken, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return made;
    }();
    return one;
}

Inode inode_of(int descriptor) {
    struct stat status {};
    fstat(descriptor, &status);
    return {status.st_dev, status.st_ino};
}

// The folder that a name stands in, and the name alone.
Change place_of(int folder, const std::string& name) {
    const auto slash = name.rfind('/');
    Change change;
    if (folder != AT_FDCWD && slash == std::string::npos) {
        change.folder = static_cast<int>(syscall(SYS_fcntl, folder, F_DUPFD_CLOEXEC, 100));
    } else {
        const std::string parent =
            slash == std::string::npos ? "." : name.substr(0, std::max<std::size_t>(slash, 1));
        change.folder =
            static_cast<int>(syscall(SYS_openat, folder, parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    change.inode = inode_of(change.folder);
    change.name = slash == std::string::npos ? name : name.substr(slash + 1);
    return change;
}

long rename_in(int from_folder, const std::string& from, int folder, const std::string& to) {
    return syscall(SYS_renameat2, from_folder, from.c_str(), folder, to.c_str(), 0);
}

// Moved out of sight, where it can be fetched back from; "" when it is not there.
std::string take_away(const Change& place, const std::string& name) {
    Unsynced& all = unsynced();
    std::string kept = std::to_string(getpid()) + "-" + std::to_string(++all.count);
    return rename_in(place.folder, name, all.taken, kept) == 0 ? kept : std::string();
}

void undo(const Change& change) {
    const int taken = unsynced().taken;
    if (change.before != change.name) {
        if (change.before.empty())
            static_cast<void>(take_away(change, change.name));
        else
            rename_in(change.folder, change.name, change.folder, change.before);
    }
    if (!change.kept.empty())
        rename_in(taken, change.kept, change.folder, change.name);
}

}  // namespace

void is_written(int file) {
    if (!loses_power())
        return;
    Unsynced& all = unsynced();
    const std::lock_guard lock(all.mutex);
    const Inode inode = inode_of(file);
    const bool known =
        std::any_of(all.files.begin(), all.files.end(), [&](const auto& one) { return one.second == inode; });
    if (!known)
        all.files.emplace_back(static_cast<int>(syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, 100)), inode);
}

void is_synced(int file_or_folder) {
    if (!loses_power())
        return;
    Unsynced& all = unsynced();
    const std::lock_guard lock(all.mutex);
    const Inode inode = inode_of(file_or_folder);
    std::erase_if(all.files,
                  [&](const auto& one) { return one.second == inode && syscall(SYS_close, one.first) == 0; });
    std::erase_if(all.changes, [&](const Change& one) {
        return one.inode == inode && syscall(SYS_close, one.folder) == 0;
    });
}

void is_made(int folder, const char* name) {
    if (!loses_power())
        return;
    const std::lock_guard lock(unsynced().mutex);
    unsynced().changes.push_back(place_of(folder, name));
}

bool moves(int folder, const char* from, const char* to, int& result) {
    if (!loses_power())
        return false;
    const std::lock_guard lock(unsynced().mutex);
    Change change = place_of(folder, to);
    change.before = from;
    change.kept = take_away(change, change.name);
    result = static_cast<int>(rename_in(folder, from, folder, to));
    unsynced().changes.push_back(std::move(change));
    return true;
}

bool removes(int folder, const char* name, int flags, int& result) {
    struct stat status {};
    if (!loses_power() || fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(status.st_mode) != ((flags & AT_REMOVEDIR) != 0))
        return false;  // the call itself says what is wrong
    const std::lock_guard lock(unsynced().mutex);
    Change change = place_of(folder, name);
    change.before = change.name;
    change.kept = take_away(change, change.name);
    unsynced().changes.push_back(std::move(change));
    result = 0;
    return true;
}

void cut_power() {
    Unsynced& all = unsynced();
    const std::lock_guard lock(all.mutex);
    for (const auto& [file, inode] : all.files) {
        if (syscall(SYS_ftruncate, file, 0) != 0)
            std::perror("ftruncate");
    }
    for (auto change = all.changes.rbegin(); change != all.changes.rend(); ++change)
        undo(*change);
}

}  // namespace breaking
