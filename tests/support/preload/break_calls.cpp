// Loaded into the program with LD_PRELOAD: numbers the calls by which it changes files or speaks to a node,
// notes them, and breaks one.
//
//   BREAK_NOTES=FILE            one line a call is added to FILE: role, number, system call, kind, path
//   BREAK_AT=ROLE:NUMBER:HOW    what happens at that call of that role (controller: edgecert, node: edgecert
//   node)
//       kill     the process dies before the call
//       torn     it dies after half of what it writes
//       enospc   no space: of a write, half still fits
//       eio      an I/O error, once
//       full     no space from there on: what needs none goes on
//       dead     an I/O error from there on, of every call on files
//   BREAK_CLOCK=SECONDS         added to the time of day
//
// The files of the program are meant, not its words for people: standard error is never counted, standard
// output only where it is a node's, whose answers it carries.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum class How { nothing, kill, torn, enospc, eio, full, dead };
enum class Takes { space, nothing };

struct State {
    std::string role{};  // empty: another program, which is left alone
    How how{How::nothing};
    long at{};
    int notes{-1};
    long clock{};
    std::atomic<long> count{0};
    std::atomic<int> cut{-1};  // the descriptor that took half and takes no more
};

std::string own_command_line() {
    std::string text(4096, '\0');
    const auto file = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const auto size = file < 0 ? 0 : syscall(SYS_read, file, text.data(), text.size());
    syscall(SYS_close, file);
    text.resize(static_cast<std::size_t>(std::max(size, 0L)));
    return text;
}

std::string own_role() {
    const std::string text = own_command_line();
    const std::string_view program = std::string_view(text).substr(0, text.find('\0'));
    if (!program.ends_with("edgecert"))
        return {};
    const std::string_view rest = std::string_view(text).substr(std::min(text.size(), program.size() + 1));
    return rest.substr(0, rest.find('\0')) == "node" ? "node" : "controller";
}

How how_of(std::string_view word) {
    constexpr std::array<std::string_view, 7> words{"", "kill", "torn", "enospc", "eio", "full", "dead"};
    const auto* found = std::find(words.begin(), words.end(), word);
    return found == words.end() ? How::nothing : static_cast<How>(found - words.begin());
}

void read_order(State& state) {
    const char* order = std::getenv("BREAK_AT");
    const std::string_view text(order == nullptr ? "" : order);
    const auto first = text.find(':');
    const auto second = text.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos ||
        text.substr(0, first) != state.role)
        return;
    state.at = std::atol(text.data() + first + 1);
    state.how = how_of(text.substr(second + 1));
}

State& state() {
    static State& one = []() -> State& {
        State& made = *new State;  // never destroyed: the program writes until its very end
        const char* clock = std::getenv("BREAK_CLOCK");
        made.clock = clock == nullptr ? 0 : std::atol(clock);
        made.role = own_role();
        if (made.role.empty())
            return made;
        read_order(made);
        if (const char* notes = std::getenv("BREAK_NOTES"))
            made.notes = static_cast<int>(
                syscall(SYS_openat, AT_FDCWD, notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        return made;
    }();
    return one;
}

// The call behind the one of the same name here.
template <typename Call>
Call real(const char* name) {
    void* found = dlsym(RTLD_NEXT, name);
    Call call{};
    std::memcpy(&call, &found, sizeof call);
    return call;
}

[[noreturn]] void die() {
    syscall(SYS_kill, getpid(), SIGKILL);
    while (true)
        pause();
}

std::string path_of(int folder, const char* name) {
    if (folder == AT_FDCWD)
        return name;
    std::array<char, 4096> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(folder);
    const auto size = syscall(SYS_readlink, link.c_str(), path.data(), path.size());
    const std::string where(path.data(), static_cast<std::size_t>(std::max(size, 0L)));
    return *name == '\0' ? where : where + "/" + name;
}

struct Point {
    const char* call{};
    Takes takes{};
    int folder{};
    const char* name{};
    const char* kind{"file"};
    std::size_t size{};  // of a write
};

void note(const Point& point, long number) {
    if (state().notes < 0)
        return;
    const std::string line = state().role + " " + std::to_string(number) + " " + point.call + " " +
                             point.kind + " " + path_of(point.folder, point.name) + "\n";
    syscall(SYS_write, state().notes, line.data(), line.size());
}

// What a counted call comes to: true when it goes on, false when it fails with the errno that is set. `half`
// of a write: it is to go on with half its bytes.
bool passes(const Point& point, bool& half) {
    State& own = state();
    if (own.role.empty())
        return true;
    const long number = ++own.count;
    note(point, number);
    const bool disk = point.kind == std::string_view("file");
    const bool lasting = disk && (own.how == How::full || own.how == How::dead);
    if (own.how == How::nothing || number < own.at || (number > own.at && !lasting))
        return true;
    const int before = errno;
    switch (own.how) {
        case How::kill:
            die();
        case How::torn:
        case How::enospc:
            half = point.size > 1;
            errno = half ? before : ENOSPC;
            if (own.how == How::torn && !half)
                die();
            return half;
        case How::full:
            errno = point.takes == Takes::space ? ENOSPC : before;
            return point.takes != Takes::space;
        case How::eio:
        case How::dead:
            errno = EIO;
            return false;
        case How::nothing:
            break;
    }
    return true;
}

bool passes(const Point& point) {
    bool half = false;
    return passes(point, half);
}

const char* kind_of(int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        return "other";
    return S_ISREG(status.st_mode)                                ? "file"
           : S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ? "pipe"
                                                                  : "other";
}

bool is_counted(int descriptor, std::string_view kind) {
    if (descriptor == STDERR_FILENO || descriptor == state().notes || kind == "other")
        return false;
    return descriptor != STDOUT_FILENO || state().role == "node";
}

// A write of `size` bytes on `descriptor`, done by `call(bytes)`.
template <typename Call>
ssize_t write_some(const char* name, int descriptor, std::size_t size, Call call) {
    State& own = state();
    if (own.role.empty())
        return call(size);
    int cut = descriptor;
    if (own.cut.compare_exchange_strong(cut, -1)) {
        errno = ENOSPC;
        return -1;
    }
    const char* kind = kind_of(descriptor);
    if (!is_counted(descriptor, kind))
        return call(size);
    const Takes takes = kind == std::string_view("pipe") ? Takes::nothing : Takes::space;
    bool half = false;
    if (!passes({.call = name, .takes = takes, .folder = descriptor, .name = "", .kind = kind, .size = size},
                half))
        return -1;
    const ssize_t count = call(half ? size / 2 : size);
    if (half && own.how == How::torn)
        die();
    if (half && count >= 0)
        own.cut = descriptor;
    return count;
}

int open_counted(int folder, const char* path, int flags, mode_t mode) {
    using Open = int (*)(int, const char*, int, ...);
    static const Open open_real = real<Open>("openat");
    const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
    if (changes && !passes({.call = "openat", .takes = Takes::space, .folder = folder, .name = path}))
        return -1;
    return open_real(folder, path, flags, mode);
}

mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

}  // namespace

// NOLINTBEGIN(cert-dcl50-cpp, readability-inconsistent-declaration-parameter-name): as the C library declares
// them
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

ssize_t write(int descriptor, const void* bytes, size_t size) {
    using Write = ssize_t (*)(int, const void*, size_t);
    static const Write write_real = real<Write>("write");
    return write_some(
        "write", descriptor, size, [&](size_t some) { return write_real(descriptor, bytes, some); });
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
    using Write = ssize_t (*)(int, const iovec*, int);
    static const Write write_real = real<Write>("writev");
    return write_some("writev", descriptor, 1, [&](size_t) { return write_real(descriptor, parts, count); });
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t place) {
    using Write = ssize_t (*)(int, const void*, size_t, off_t);
    static const Write write_real = real<Write>("pwrite");
    return write_some("pwrite64", descriptor, size, [&](size_t some) {
        return write_real(descriptor, bytes, some, place);
    });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off_t place) {
    return pwrite(descriptor, bytes, size, place);
}

int fsync(int descriptor) {
    static const auto call = real<int (*)(int)>("fsync");
    return passes({.call = "fsync", .takes = Takes::nothing, .folder = descriptor, .name = ""})
               ? call(descriptor)
               : -1;
}

int fdatasync(int descriptor) {
    static const auto call = real<int (*)(int)>("fdatasync");
    return passes({.call = "fdatasync", .takes = Takes::nothing, .folder = descriptor, .name = ""})
               ? call(descriptor)
               : -1;
}

int rename(const char* from, const char* to) {
    static const auto call = real<int (*)(const char*, const char*)>("rename");
    return passes({.call = "rename", .takes = Takes::nothing, .folder = AT_FDCWD, .name = to})
               ? call(from, to)
               : -1;
}

int renameat(int from_folder, const char* from, int folder, const char* to) {
    static const auto call = real<int (*)(int, const char*, int, const char*)>("renameat");
    const bool goes = passes({.call = "renameat", .takes = Takes::nothing, .folder = folder, .name = to});
    return goes ? call(from_folder, from, folder, to) : -1;
}

int renameat2(int from_folder, const char* from, int folder, const char* to, unsigned flags) {
    static const auto call = real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
    const bool goes = passes({.call = "renameat2", .takes = Takes::nothing, .folder = folder, .name = to});
    return goes ? call(from_folder, from, folder, to, flags) : -1;
}

int link(const char* from, const char* to) {
    static const auto call = real<int (*)(const char*, const char*)>("link");
    return passes({.call = "link", .takes = Takes::space, .folder = AT_FDCWD, .name = to}) ? call(from, to)
                                                                                           : -1;
}

int linkat(int from_folder, const char* from, int folder, const char* to, int flags) {
    static const auto call = real<int (*)(int, const char*, int, const char*, int)>("linkat");
    const bool goes = passes({.call = "linkat", .takes = Takes::space, .folder = folder, .name = to});
    return goes ? call(from_folder, from, folder, to, flags) : -1;
}

int symlink(const char* target, const char* path) {
    static const auto call = real<int (*)(const char*, const char*)>("symlink");
    return passes({.call = "symlink", .takes = Takes::space, .folder = AT_FDCWD, .name = path})
               ? call(target, path)
               : -1;
}

int symlinkat(const char* target, int folder, const char* path) {
    static const auto call = real<int (*)(const char*, int, const char*)>("symlinkat");
    return passes({.call = "symlinkat", .takes = Takes::space, .folder = folder, .name = path})
               ? call(target, folder, path)
               : -1;
}

int unlink(const char* path) {
    static const auto call = real<int (*)(const char*)>("unlink");
    return passes({.call = "unlink", .takes = Takes::nothing, .folder = AT_FDCWD, .name = path}) ? call(path)
                                                                                                 : -1;
}

int unlinkat(int folder, const char* path, int flags) {
    static const auto call = real<int (*)(int, const char*, int)>("unlinkat");
    return passes({.call = "unlinkat", .takes = Takes::nothing, .folder = folder, .name = path})
               ? call(folder, path, flags)
               : -1;
}

int rmdir(const char* path) {
    static const auto call = real<int (*)(const char*)>("rmdir");
    return passes({.call = "rmdir", .takes = Takes::nothing, .folder = AT_FDCWD, .name = path}) ? call(path)
                                                                                                : -1;
}

int mkdir(const char* path, mode_t mode) {
    static const auto call = real<int (*)(const char*, mode_t)>("mkdir");
    return passes({.call = "mkdir", .takes = Takes::space, .folder = AT_FDCWD, .name = path})
               ? call(path, mode)
               : -1;
}

int mkdirat(int folder, const char* path, mode_t mode) {
    static const auto call = real<int (*)(int, const char*, mode_t)>("mkdirat");
    return passes({.call = "mkdirat", .takes = Takes::space, .folder = folder, .name = path})
               ? call(folder, path, mode)
               : -1;
}

int ftruncate(int descriptor, off_t size) {
    static const auto call = real<int (*)(int, off_t)>("ftruncate");
    return passes({.call = "ftruncate", .takes = Takes::nothing, .folder = descriptor, .name = ""})
               ? call(descriptor, size)
               : -1;
}

int ftruncate64(int descriptor, off_t size) {
    return ftruncate(descriptor, size);
}

int fchmod(int descriptor, mode_t mode) {
    static const auto call = real<int (*)(int, mode_t)>("fchmod");
    return passes({.call = "fchmod", .takes = Takes::nothing, .folder = descriptor, .name = ""})
               ? call(descriptor, mode)
               : -1;
}

int fchown(int descriptor, uid_t user, gid_t group) {
    static const auto call = real<int (*)(int, uid_t, gid_t)>("fchown");
    return passes({.call = "fchown", .takes = Takes::nothing, .folder = descriptor, .name = ""})
               ? call(descriptor, user, group)
               : -1;
}

int clock_gettime(clockid_t clock, timespec* now) {
    const auto result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += state().clock;
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
