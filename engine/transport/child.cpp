// Starting, waiting for and killing a child.
#include "engine/transport/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

struct Pipe {
    posix::Descriptor read{};
    posix::Descriptor write{};
};

[[noreturn]] void cannot_run(const std::string& program, int why) {
    throw Error("cannot-run",
                "cannot run " + printable(program, 256) + ": " +
                    std::error_code(why, std::generic_category()).message());
}

// Above 2 on both ends: a parent that closed its own stdin would else hand out 0, which the child's
// descriptors replace.
posix::Descriptor above_standard(int number, const std::string& program) {
    const posix::Descriptor low(number);
    posix::Descriptor high(::fcntl(number, F_DUPFD_CLOEXEC, 3));
    if (!high.valid()) {
        cannot_run(program, errno);
    }
    return high;
}

Pipe make_pipe(const std::string& program) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        cannot_run(program, errno);
    }
    Pipe pipe;
    pipe.read = above_standard(ends[0], program);
    pipe.write = above_standard(ends[1], program);
    return pipe;
}

void set_non_blocking(const posix::Descriptor& end) {
    ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

bool is_hidden(std::string_view name, const std::vector<std::string>& hidden) {
    return std::any_of(hidden.begin(), hidden.end(), [name](const std::string& pattern) {
        return pattern.ends_with('*')
                   ? name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))
                   : name == pattern;
    });
}

std::vector<std::string> environment_for(const std::vector<std::string>& hidden,
                                         const std::vector<std::string>& added) {
    std::vector<std::string> environment;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!is_hidden(text.substr(0, text.find('=')), hidden)) {
            environment.emplace_back(text);
        }
    }
    environment.insert(environment.end(), added.begin(), added.end());
    return environment;
}

// posix_spawn takes char* for what it never writes to.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

// posix_spawn's two descriptions, released when they go.
class SpawnPlan {
public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    void connect(int ours, int theirs) { note(::posix_spawn_file_actions_adddup2(&actions_, ours, theirs)); }
    // No descriptor of ours but the three, no signal blocked or ignored, no terminal.
    void isolate() {
        note(::posix_spawn_file_actions_addclosefrom_np(&actions_, 3));
        sigset_t none{};
        sigset_t all{};
        ::sigemptyset(&none);
        ::sigfillset(&all);
        note(::posix_spawnattr_setsigmask(&attributes_, &none));
        note(::posix_spawnattr_setsigdefault(&attributes_, &all));
        note(::posix_spawnattr_setflags(&attributes_,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
    }
    // 0 or an errno.
    [[nodiscard]] int run(pid_t& process,
                          std::vector<std::string> argv,
                          std::vector<std::string> environment) {
        if (problem_ != 0) {
            return problem_;
        }
        const std::vector<char*> arguments = pointers_to(argv);
        const std::vector<char*> variables = pointers_to(environment);
        return ::posix_spawnp(
            &process, arguments[0], &actions_, &attributes_, arguments.data(), variables.data());
    }

private:
    void note(int result) { problem_ = problem_ != 0 ? problem_ : result; }

    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    int problem_{};
};

int status_of(const siginfo_t& end) {
    return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

}  // namespace

Child::Child(const std::vector<std::string>& argv,
             const std::vector<std::string>& hidden,
             const std::vector<std::string>& added) {
    if (argv.empty() || argv.front().empty()) {
        throw Error("cannot-run", "there is no program to run");
    }
    const bool has_zero = std::any_of(argv.begin(), argv.end(), [](const std::string& argument) {
        return argument.find('\0') != std::string::npos;
    });
    if (has_zero) {
        throw Error("cannot-run",
                    "an argument of " + printable(argv.front(), 256) + " has a zero byte in it");
    }
    Pipe to_child = make_pipe(argv.front());
    Pipe from_child = make_pipe(argv.front());
    Pipe errors = make_pipe(argv.front());
    SpawnPlan plan;
    plan.connect(to_child.read.get(), STDIN_FILENO);
    plan.connect(from_child.write.get(), STDOUT_FILENO);
    plan.connect(errors.write.get(), STDERR_FILENO);
    plan.isolate();
    const int result = plan.run(process_, argv, environment_for(hidden, added));
    if (result != 0) {
        process_ = -1;
        cannot_run(argv.front(), result);
    }
    in = std::move(to_child.write);
    out = std::move(from_child.read);
    error = std::move(errors.read);
    for (const posix::Descriptor* end : {&in, &out, &error}) {
        set_non_blocking(*end);
    }
}

Child::~Child() {
    if (process_ > 0 && !status_) {
        kill();
    }
}

std::optional<int> Child::ended() {
    if (status_) {
        return status_;
    }
    siginfo_t end{};
    const int result = posix::retried(
        [this, &end] { return ::waitid(P_PID, static_cast<id_t>(process_), &end, WEXITED | WNOHANG); });
    if (result == 0 && end.si_pid == process_) {
        status_ = status_of(end);
    }
    return status_;
}

std::optional<int> Child::wait(int milliseconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    auto pause = std::chrono::milliseconds(1);
    while (!ended() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
    return status_;
}

int Child::kill() {
    if (status_) {
        return *status_;
    }
    ::kill(-process_, SIGKILL);  // before it is reaped: until then nobody else can have the number
    siginfo_t end{};
    static_cast<void>(
        posix::retried([this, &end] { return ::waitid(P_PID, static_cast<id_t>(process_), &end, WEXITED); }));
    status_ = status_of(end);
    return *status_;
}

void append_bounded(std::string& text, std::string_view more, std::size_t limit) {
    text.append(more.substr(more.size() - std::min(more.size(), limit)));
    if (text.size() > limit) {
        text.erase(0, text.size() - limit);
    }
}

}  // namespace edgecert
