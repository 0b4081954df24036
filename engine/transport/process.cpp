// Running a program to its end: input in, output out, all of it bounded.
#include "engine/transport/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

#include "engine/transport/child.h"
#include "engine/transport/frame.h"

namespace edgecert {
namespace {

using Clock = std::chrono::steady_clock;

// What is there to read goes through `take`, until it would block or ends; false: it ended.
template <typename Take>
bool drain(posix::Descriptor& from, Take take) {
    std::array<char, 65536> block{};
    while (from.valid()) {
        const ssize_t count = posix::retried([&] { return ::read(from.get(), block.data(), block.size()); });
        if (count < 0 && errno == EAGAIN) {
            return true;
        }
        if (count <= 0) {
            from = posix::Descriptor();
            return false;
        }
        if (!take(std::string_view(block.data(), static_cast<std::size_t>(count)))) {
            return true;
        }
    }
    return false;
}

class OneShot {
public:
    OneShot(Child& child, std::string_view input, const ProcessLimits& limits)
        : child_(child), input_(input), limits_(limits), deadline_(Clock::now() + limits.deadline) {}

    ProcessResult run() {
        feed();
        while (!finished()) {
            if (Clock::now() >= deadline_) {
                result_.timed_out = true;
                break;
            }
            turn();
            if (result_.output_exceeded) {
                break;
            }
        }
        const bool stopped = result_.timed_out || result_.output_exceeded;
        result_.status = stopped ? child_.kill() : child_.ended().value_or(0);
        return std::move(result_);
    }

private:
    // Ended, and everything it wrote has been read. What it started in the background may keep the pipes
    // open: once it has ended, only what lies ready is read.
    bool finished() {
        if (!child_.ended()) {
            return false;
        }
        take_output();
        return true;
    }

    void turn() {
        std::array<pollfd, 3> watched{{{.fd = child_.in.get(), .events = POLLOUT, .revents = 0},
                                       {.fd = child_.out.get(), .events = POLLIN, .revents = 0},
                                       {.fd = child_.error.get(), .events = POLLIN, .revents = 0}}};
        const bool closed = !child_.out.valid() && !child_.error.valid();
        // A child's end shows in its pipes at once unless others hold them; then it is seen at the next look.
        const int patience = std::min(milliseconds_until(deadline_), closed ? 1 : 20);
        ::poll(watched.data(), watched.size(), patience);
        feed();
        take_output();
    }

    void feed() {
        const NoBrokenPipe guard;
        while (child_.in.valid() && !input_.empty()) {
            const ssize_t count =
                posix::retried([&] { return ::write(child_.in.get(), input_.data(), input_.size()); });
            if (count < 0 && errno == EAGAIN) {
                return;
            }
            if (count < 0) {
                break;  // it does not want the rest, and may still be right
            }
            input_.remove_prefix(static_cast<std::size_t>(count));
        }
        child_.in = posix::Descriptor();
    }

    void take_output() {
        drain(child_.out, [this](std::string_view more) {
            const std::size_t room = limits_.output - result_.output.size();
            result_.output.append(more.substr(0, room));
            result_.output_exceeded = more.size() > room;
            return !result_.output_exceeded;
        });
        drain(child_.error, [this](std::string_view more) {
            append_bounded(result_.error_output, more, limits_.error_output);
            return Clock::now() < deadline_;  // one that never stops talking is seen by the deadline
        });
    }

    Child& child_;
    std::string_view input_;
    const ProcessLimits& limits_;
    Clock::time_point deadline_;
    ProcessResult result_{};
};

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv,
                          std::string_view input,
                          const ProcessLimits& limits,
                          const std::vector<std::string>& hidden,
                          const std::vector<std::string>& added) {
    Child child(argv, hidden, added);
    return OneShot(child, input, limits).run();
}

}  // namespace edgecert
