// The C library's calls that change files, in front of its own: each is counted, and fails or goes on.
#include <cerrno>
#include <cstdarg>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/preload/break_calls.h"
#include "tests/support/preload/power.h"

namespace {

using namespace breaking;

const char* kind_of(int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        return "other";
    if (S_ISREG(status.st_mode))
        return "file";
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ? "pipe" : "other";
}

bool is_counted(int descriptor, std::string_view kind) {
    if (descriptor == STDERR_FILENO || is_note(descriptor) || kind == "other")
        return false;
    return descriptor != STDOUT_FILENO || is_node();
}

// A write of `size` bytes, done by `call(bytes)`.
template <typename Call>
ssize_t write_some(const char* name, int descriptor, std::size_t size, Call call) {
    if (!is_watched())
        return call(size);
    if (takes_no_more(descriptor)) {
        errno = ENOSPC;
        return -1;
    }
    const char* kind = kind_of(descriptor);
    if (!is_counted(descriptor, kind))
        return call(size);
    const Takes takes = kind == std::string_view("file") ? Takes::space : Takes::nothing;
    bool half = false;
    if (!passes({name, takes, descriptor, "", kind, size}, half))
        return -1;
    const ssize_t count = call(half ? size / 2 : size);
    if (kind == std::string_view("file"))
        is_written(descriptor);
    if (half)
        after_half(descriptor);
    return count;
}

// The library's own call of the point's name, when the point is passed.
template <typename Signature, typename... Arguments>
int counted(const Point& point, Arguments... arguments) {
    return passes(point) ? real<Signature*>(point.call)(arguments...) : -1;
}

int open_counted(int folder, const char* path, int flags, mode_t mode) {
    const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
    if (changes && !passes({"openat", Takes::space, folder, path}))
        return -1;
    const auto call = real<int (*)(int, const char*, int, ...)>("openat");
    if (!changes)
        return call(folder, path, flags, mode);
    const bool is_new = faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    const int file = call(folder, path, flags, mode);
    if (is_new && file >= 0)
        is_made(folder, path);
    return file;
}

mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

constexpr Takes space = Takes::space;
constexpr Takes nothing = Takes::nothing;

}  // namespace

// NOLINTBEGIN(cert-dcl50-cpp, readability-inconsistent-declaration-parameter-name): as the C library has them
extern "C" {

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_counted(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_counted(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_counted(folder, path, flags, mode);
}

int openat64(int folder, const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_counted(folder, path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
    const auto call = real<ssize_t (*)(int, const void*, size_t)>("write");
    return write_some("write", file, size, [&](size_t some) { return call(file, bytes, some); });
}

ssize_t writev(int file, const iovec* parts, int count) {
    const auto call = real<ssize_t (*)(int, const iovec*, int)>("writev");
    return write_some("writev", file, 1, [&](size_t) { return call(file, parts, count); });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t place) {
    const auto call = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    return write_some("pwrite64", file, size, [&](size_t some) { return call(file, bytes, some, place); });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off_t place) {
    return pwrite(file, bytes, size, place);
}

int fsync(int file) {
    const int result = counted<int(int)>({"fsync", nothing, file, ""}, file);
    if (result == 0)
        is_synced(file);
    return result;
}

int fdatasync(int file) {
    return counted<int(int)>({"fdatasync", nothing, file, ""}, file);
}

int rename(const char* from, const char* to) {
    return counted<int(const char*, const char*)>({"rename", nothing, AT_FDCWD, to}, from, to);
}

int renameat(int old, const char* from, int folder, const char* to) {
    const Point point{"renameat", nothing, folder, to};
    if (!loses_power() || old != folder)
        return counted<int(int, const char*, int, const char*)>(point, old, from, folder, to);
    int result = -1;
    return passes(point) && moves(folder, from, to, result) ? result : -1;
}

int renameat2(int old, const char* from, int folder, const char* to, unsigned flags) {
    return counted<int(int, const char*, int, const char*, unsigned)>(
        {"renameat2", nothing, folder, to}, old, from, folder, to, flags);
}

int link(const char* from, const char* to) {
    return counted<int(const char*, const char*)>({"link", space, AT_FDCWD, to}, from, to);
}

int linkat(int old, const char* from, int folder, const char* to, int flags) {
    return counted<int(int, const char*, int, const char*, int)>(
        {"linkat", space, folder, to}, old, from, folder, to, flags);
}

int symlink(const char* target, const char* path) {
    return counted<int(const char*, const char*)>({"symlink", space, AT_FDCWD, path}, target, path);
}

int symlinkat(const char* target, int folder, const char* path) {
    const int result =
        counted<int(const char*, int, const char*)>({"symlinkat", space, folder, path}, target, folder, path);
    if (result == 0)
        is_made(folder, path);
    return result;
}

int unlink(const char* path) {
    return counted<int(const char*)>({"unlink", nothing, AT_FDCWD, path}, path);
}

int unlinkat(int folder, const char* path, int flags) {
    const Point point{"unlinkat", nothing, folder, path};
    int result = -1;
    if (!loses_power())
        return counted<int(int, const char*, int)>(point, folder, path, flags);
    if (!passes(point))
        return -1;
    return removes(folder, path, flags, result)
               ? result
               : real<int (*)(int, const char*, int)>("unlinkat")(folder, path, flags);
}

int rmdir(const char* path) {
    return counted<int(const char*)>({"rmdir", nothing, AT_FDCWD, path}, path);
}

int mkdir(const char* path, mode_t mode) {
    const int result = counted<int(const char*, mode_t)>({"mkdir", space, AT_FDCWD, path}, path, mode);
    if (result == 0)
        is_made(AT_FDCWD, path);
    return result;
}

int mkdirat(int folder, const char* path, mode_t mode) {
    const int result =
        counted<int(int, const char*, mode_t)>({"mkdirat", space, folder, path}, folder, path, mode);
    if (result == 0)
        is_made(folder, path);
    return result;
}

int ftruncate(int file, off_t size) {
    return counted<int(int, off_t)>({"ftruncate", nothing, file, ""}, file, size);
}

int ftruncate64(int file, off_t size) {
    return ftruncate(file, size);
}

int fchmod(int file, mode_t mode) {
    return counted<int(int, mode_t)>({"fchmod", nothing, file, ""}, file, mode);
}

int fchown(int file, uid_t user, gid_t group) {
    return counted<int(int, uid_t, gid_t)>({"fchown", nothing, file, ""}, file, user, group);
}

int clock_gettime(clockid_t clock, timespec* now) {
    const auto result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += clock_shift();
    if (result == 0 && clock == CLOCK_MONOTONIC)
        *now = hastened(*now);
    return static_cast<int>(result);
}

time_t time(time_t* into) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (into != nullptr)
        *into = now.tv_sec;
    return now.tv_sec;
}

}  // extern "C"
// NOLINTEND(cert-dcl50-cpp, readability-inconsistent-declaration-parameter-name)
