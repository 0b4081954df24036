// Loaded into the program with LD_PRELOAD: numbers the calls by which it changes files or speaks to a node,
// notes them, and breaks one.
//
//   BREAK_NOTES=FILE            one line a call is added to FILE: role, process, number, system call, kind,
//   path
//   BREAK_AT=ROLE:PROCESS:NUMBER:HOW  what happens at that call of that process of that role (controller:
//   edgecert, node: edgecert node), the first being 1
//       kill     the process dies before the call
//       torn     it dies after half of what it writes
//       power    it dies, and what it had not synced is as it was before
//       enospc   no space: of a write, half still fits
//       eio      an I/O error, once
//       full     no space from there on: what needs none goes on
//       dead     an I/O error from there on, of every call on files
//   BREAK_TAKEN=FOLDER          where to keep what a power cut brings back, on the same file system
//   BREAK_PROCESSES=FOLDER      empty at first; the processes of a run count themselves there (without it
//   each is the first), and `broken` comes to be when one breaks
//   BREAK_CLOCK=SECONDS         added to the time of day
//   BREAK_HASTE=TIMES           how much faster the steady clock goes, by which patience is measured
//
// The files of the program are meant, not its words for people: standard error is never counted, standard
// output only where it is a node's, whose answers it carries.
#include "tests/support/preload/break_calls.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/preload/power.h"

namespace breaking {
namespace {

enum class How { nothing, kill, torn, power, enospc, eio, full, dead };

struct State {
    std::string role{};  // empty: another program, which is left alone
    long process{1};     // of that role in this run: a node is started for the look, and again for a change
    How how{How::nothing};
    long at{};
    int notes{-1};
    long clock{};
    long haste{1};
    timespec began{};  // by the steady clock
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
    constexpr std::array<std::string_view, 8> words{
        "", "kill", "torn", "power", "enospc", "eio", "full", "dead"};
    const auto* found = std::find(words.begin(), words.end(), word);
    return found == words.end() ? How::nothing : static_cast<How>(found - words.begin());
}

// Which process of its role this is: the first number whose folder it can make.
long own_process(const std::string& role) {
    const char* folder = std::getenv("BREAK_PROCESSES");
    long number = 1;
    while (folder != nullptr) {
        const std::string mine = std::string(folder) + "/" + role + std::to_string(number);
        if (syscall(SYS_mkdir, mine.c_str(), 0700) == 0 || errno != EEXIST)
            break;
        ++number;
    }
    return number;
}

void read_order(State& state) {
    const char* order = std::getenv("BREAK_AT");
    const std::string_view text(order == nullptr ? "" : order);
    const std::string mine = state.role + ":" + std::to_string(state.process) + ":";
    const auto last = text.rfind(':');
    if (!text.starts_with(mine) || last < mine.size())
        return;
    state.at = std::atol(text.data() + mine.size());
    state.how = how_of(text.substr(last + 1));
}

State& state() {
    static State& one = []() -> State& {
        State& made = *new State;  // never destroyed: the program writes until its very end
        const char* clock = std::getenv("BREAK_CLOCK");
        made.clock = clock == nullptr ? 0 : std::atol(clock);
        const char* haste = std::getenv("BREAK_HASTE");
        made.haste = haste == nullptr ? 1 : std::max(1L, std::atol(haste));
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &made.began);
        made.role = own_role();
        if (made.role.empty())
            return made;
        made.process = own_process(made.role);
        read_order(made);
        if (const char* notes = std::getenv("BREAK_NOTES"))
            made.notes = static_cast<int>(
                syscall(SYS_openat, AT_FDCWD, notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        return made;
    }();
    return one;
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

// That it breaks here, for whoever wants to be sure of it.
void mark() {
    const char* folder = std::getenv("BREAK_PROCESSES");
    if (folder != nullptr)
        syscall(SYS_mkdir, (std::string(folder) + "/broken").c_str(), 0700);
}

void note(const Point& point, long number) {
    if (state().notes < 0)
        return;
    const std::string line = state().role + " " + std::to_string(state().process) + " " +
                             std::to_string(number) + " " + point.call + " " + point.kind + " " +
                             path_of(point.folder, point.name) + "\n";
    syscall(SYS_write, state().notes, line.data(), line.size());
}

}  // namespace

[[noreturn]] void die() {
    syscall(SYS_kill, getpid(), SIGKILL);
    while (true)
        pause();
}

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
    mark();
    switch (own.how) {
        case How::power:
            cut_power();
            die();
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

bool takes_no_more(int descriptor) {
    int cut = descriptor;
    return state().cut.compare_exchange_strong(cut, -1);
}

void after_half(int descriptor) {
    if (state().how == How::torn)
        die();
    state().cut = descriptor;
}

bool is_watched() {
    return !state().role.empty();
}

bool is_note(int descriptor) {
    return descriptor == state().notes;
}

bool loses_power() {
    return state().how == How::power;
}

bool is_node() {
    return state().role == "node";
}

timespec hastened(timespec now) {
    constexpr long second = 1'000'000'000;
    const State& own = state();
    const long passed = (now.tv_sec - own.began.tv_sec) * second + now.tv_nsec - own.began.tv_nsec;
    const long wanted = own.began.tv_nsec + passed * own.haste;
    return own.haste == 1 ? now : timespec{own.began.tv_sec + wanted / second, wanted % second};
}

long clock_shift() {
    return state().clock;
}

}  // namespace breaking
