// The controller's side of a node session.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/transport/child.h"
#include "engine/transport/frame.h"
#include "engine/transport/process.h"

namespace edgecert {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t shown_error_output = 500;  // the last of it: that is where the reason stands
constexpr int farewell_milliseconds = 2000;
constexpr std::chrono::milliseconds last_words{500};

}  // namespace

class Session::State {
public:
    State(const std::vector<std::string>& argv, ProcessLimits limits, const std::vector<std::string>& hidden)
        : child_(argv, hidden, {}), limits_(limits), attendant_([this] { attend(); }) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        {
            const std::lock_guard<std::mutex> writing(writing_);
            child_.in = posix::Descriptor();
        }
        static_cast<void>(child_.wait(farewell_milliseconds));
        child_.kill();
        leaving_ = true;
        ::eventfd_write(wake_.get(), 1);
        attendant_.join();
    }

    void send(char kind, std::string_view payload) {
        const std::lock_guard<std::mutex> writing(writing_);
        const Deadline deadline = Steady::now() + limits_.deadline;
        switch (write_frame(child_.in.get(), kind, payload, deadline)) {
            case WriteResult::done:
                return;
            case WriteResult::closed:
                throw Error("node-died", "the node ended" + died());
            case WriteResult::late:
                throw Error("node-hangs", "the node does not read what it is told" + said());
        }
    }

    Frame receive(Seconds patience) {
        auto got = read_frame(child_.out.get(), limits_.output, Steady::now() + patience);
        if (auto* frame = std::get_if<Frame>(&got)) {
            return std::move(*frame);
        }
        const auto& problem = std::get<FrameProblem>(got);
        switch (problem.what) {
            case FrameProblem::What::closed:
            case FrameProblem::What::failed:
                // Fewer bytes than a frame's head before the end: some other program's short word.
                if (!problem.beginning.empty()) {
                    throw Error(
                        "node-babbles",
                        "this is no node: it said \"" + printable(problem.beginning, 200) + "\"" + said());
                }
                throw Error("node-died", "the node ended" + died());
            case FrameProblem::What::late:
                throw Error("node-hangs", "the node did not answer within " + to_words(patience) + said());
            case FrameProblem::What::too_large:
            case FrameProblem::What::no_frame:
                break;
        }
        throw Error("node-babbles",
                    "this is no answer of a node: \"" + printable(problem.beginning, 200) + "\"" + said(),
                    "a login script that prints, or another program at the far end?");
    }

    [[nodiscard]] std::string error_output() const {
        const std::lock_guard<std::mutex> reading(errors_mutex_);
        return errors_;
    }

private:
    // How it ended and what it said; its last words may still be on their way.
    std::string died() {
        const auto status = child_.wait(static_cast<int>(last_words.count()));
        {
            std::unique_lock<std::mutex> reading(errors_mutex_);
            errors_ended_.wait_for(reading, last_words, [this] { return silent_; });
        }
        return (status ? " with status " + std::to_string(*status) : std::string(", or closed its output")) +
               said();
    }

    [[nodiscard]] std::string said() const {
        const std::string errors = error_output();
        const std::size_t from = errors.size() - std::min(errors.size(), shown_error_output);
        std::string_view tail = std::string_view(errors).substr(from);
        while (tail.ends_with('\n')) {
            tail.remove_suffix(1);
        }
        std::string words;
        for (const char letter : tail) {
            words += letter == '\r' ? "" : letter == '\n' ? " / " : std::string(1, letter);
        }
        return words.empty() ? "" : "; it said: " + printable(words, 4 * shown_error_output);
    }

    // The thread: collects stderr, lest the node wait for room, and says that we are still here.
    void attend() {
        const bool alive = limits_.keep_alive.count() > 0;
        auto next = Steady::now() + limits_.keep_alive;
        while (!leaving_) {
            constexpr int idle = 60'000;
            std::array<pollfd, 2> watched{{{.fd = child_.error.get(), .events = POLLIN, .revents = 0},
                                           {.fd = wake_.get(), .events = POLLIN, .revents = 0}}};
            ::poll(watched.data(), watched.size(), alive ? milliseconds_until(next) : idle);
            if (watched[0].revents != 0) {
                collect();
            }
            if (alive && Steady::now() >= next) {
                keep_alive();
                next = Steady::now() + limits_.keep_alive;
            }
        }
    }

    void collect() {
        std::array<char, 4096> block{};
        const ssize_t count = ::read(child_.error.get(), block.data(), block.size());
        const bool ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
        const std::lock_guard<std::mutex> reading(errors_mutex_);
        if (ended) {
            child_.error = posix::Descriptor();
            silent_ = true;
            errors_ended_.notify_all();
        } else if (count > 0) {
            append_bounded(errors_, {block.data(), static_cast<std::size_t>(count)}, limits_.error_output);
        }
    }

    // Skipped when a frame is just being written, or when the pipe is full: then there is enough for the node
    // to read. Five bytes go into a pipe whole or not at all (PIPE_BUF).
    void keep_alive() {
        const std::unique_lock<std::mutex> writing(writing_, std::try_to_lock);
        if (!writing.owns_lock() || !child_.in.valid()) {
            return;
        }
        constexpr std::string_view frame("\0\0\0\0k", 5);
        static_assert(frame.back() == keep_alive_frame);
        const NoBrokenPipe guard;
        static_cast<void>(
            posix::retried([this, frame] { return ::write(child_.in.get(), frame.data(), frame.size()); }));
    }

    Child child_;
    const posix::Descriptor wake_{::eventfd(0, EFD_CLOEXEC)};
    const ProcessLimits limits_;
    std::mutex writing_{};
    mutable std::mutex errors_mutex_{};
    std::condition_variable errors_ended_{};
    std::string errors_{};
    bool silent_{};
    std::atomic<bool> leaving_{false};
    std::thread attendant_;  // last: it uses all the others
};

Session::Session(const std::vector<std::string>& argv,
                 ProcessLimits limits,
                 const std::vector<std::string>& hidden)
    : state_(std::make_unique<State>(argv, limits, hidden)) {}

Session::~Session() = default;

void Session::send(char kind, std::string_view payload) {
    state_->send(kind, payload);
}

Frame Session::receive(Seconds deadline) {
    return state_->receive(deadline);
}

std::string Session::error_output() const {
    return state_->error_output();
}

}  // namespace edgecert
