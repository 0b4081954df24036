// Runs other people's programs in tests: pipes pumped by poll, so that neither side can block the other.
#include "tests/support/run_program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace edgecert::test {
namespace {

constexpr int not_started = 127;
constexpr int killed = 128;

struct Pipe {
    int read{-1};
    int write{-1};

    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("pipe2");
        }
        read = ends[0];
        write = ends[1];
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        shut(read);
        shut(write);
    }
    static void shut(int& descriptor) {
        if (descriptor >= 0) {
            close(descriptor);
            descriptor = -1;
        }
    }
};

bool is_unwanted(std::string_view setting) {
    constexpr std::array<std::string_view, 8> unwanted{"SSL_CERT_FILE=",
                                                       "SSL_CERT_DIR=",
                                                       "CURL_CA_BUNDLE=",
                                                       "REQUESTS_CA_BUNDLE=",
                                                       "OPENSSL_CONF=",
                                                       "GNUTLS_",
                                                       "LC_",
                                                       "LANG"};
    return std::any_of(
        unwanted.begin(), unwanted.end(), [&](std::string_view name) { return setting.starts_with(name); });
}

std::vector<std::string> clean_environment() {
    std::vector<std::string> settings{"LC_ALL=C.UTF-8"};
    for (char** setting = environ; *setting != nullptr; ++setting) {
        if (!is_unwanted(*setting)) {
            settings.emplace_back(*setting);
        }
    }
    return settings;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        all.push_back(text.data());
    }
    all.push_back(nullptr);
    return all;
}

// Reads what is there; shuts the descriptor at its end.
void drain(int& descriptor, std::string& into) {
    std::array<char, 65536> buffer{};
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count > 0) {
        into.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        Pipe::shut(descriptor);
    }
}

void feed(int& descriptor, std::string_view& rest) {
    const ssize_t count = write(descriptor, rest.data(), rest.size());
    if (count > 0) {
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (rest.empty() || (count < 0 && errno != EINTR && errno != EAGAIN)) {
        Pipe::shut(descriptor);
    }
}

// Until both outputs are closed or the time is up.
void pump(Pipe& in, Pipe& out, Pipe& err, std::string_view input, Ran& ran, int seconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    if (input.empty()) {
        Pipe::shut(in.write);
    }
    while (out.read >= 0 || err.read >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
                .count();
        if (left <= 0) {
            return;
        }
        // A negative descriptor is passed over by poll.
        std::array<pollfd, 3> waits{{{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
        if (poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
            return;
        }
        if (in.write >= 0 && waits[0].revents != 0) {
            feed(in.write, input);
        }
        if (out.read >= 0 && waits[1].revents != 0) {
            drain(out.read, ran.out);
        }
        if (err.read >= 0 && waits[2].revents != 0) {
            drain(err.read, ran.err);
        }
    }
}

[[noreturn]] void become(const RunOptions& options,
                         const std::array<int, 3>& ends,
                         char** argv,
                         char** environment) {
    for (int i = 0; i < 3; ++i) {
        if (dup2(ends[static_cast<std::size_t>(i)], i) < 0) {
            _exit(not_started);
        }
    }
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) {
        _exit(not_started);
    }
    execvpe(argv[0], argv, environment);
    _exit(not_started);
}

}  // namespace

Ran run_program(const std::vector<std::string>& argv, const RunOptions& options) {
    std::vector<std::string> arguments = argv;
    std::vector<std::string> settings = clean_environment();
    std::vector<char*> argument_pointers = pointers(arguments);
    std::vector<char*> setting_pointers = pointers(settings);
    Pipe in;
    Pipe out;
    Pipe err;
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;  // a program that does not read its input is no reason to die
    sigaction(SIGPIPE, &ignore, &before);
    const pid_t child = fork();
    if (child < 0) {
        throw std::runtime_error("fork");
    }
    if (child == 0) {
        sigaction(SIGPIPE, &before, nullptr);
        become(options, {in.read, out.write, err.write}, argument_pointers.data(), setting_pointers.data());
    }
    Pipe::shut(in.read);
    Pipe::shut(out.write);
    Pipe::shut(err.write);
    Ran ran;
    pump(in, out, err, options.input, ran, options.seconds);
    if (out.read >= 0 || err.read >= 0) {
        kill(child, SIGKILL);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigaction(SIGPIPE, &before, nullptr);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : killed + WTERMSIG(status);
    return ran;
}

}  // namespace edgecert::test
