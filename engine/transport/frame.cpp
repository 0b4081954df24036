// Frames on file descriptors.
#include "engine/transport/frame.h"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <variant>

#include "engine/transport/frame_header.h"

namespace edgecert {
namespace {

using What = FrameProblem::What;

constexpr std::size_t one_piece = 4U << 20U;

bool wait_for(int descriptor, short events, Deadline deadline) {
    while (std::chrono::steady_clock::now() < deadline) {
        pollfd watched{.fd = descriptor, .events = events, .revents = 0};
        const int ready = ::poll(&watched, 1, milliseconds_until(deadline));
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return true;  // the read or write that follows tells what is wrong
        }
    }
    return false;
}

// Reads up to `size` bytes; nullopt and `problem` when there are none.
std::optional<std::size_t> read_some(
    int descriptor, char* into, std::size_t size, Deadline deadline, What& problem) {
    while (true) {
        if (!wait_for(descriptor, POLLIN, deadline)) {
            problem = What::late;
            return std::nullopt;
        }
        const ssize_t count = ::read(descriptor, into, size);
        if (count > 0) {
            return static_cast<std::size_t>(count);
        }
        if (count == 0) {
            problem = What::closed;
            return std::nullopt;
        }
        if (errno != EINTR && errno != EAGAIN) {
            problem = What::failed;
            return std::nullopt;
        }
    }
}

// What else lies ready after bytes that are no frame: it is quoted to the person who has to find out what
// speaks there.
std::string beginning_of(int descriptor, std::string_view header) {
    std::string text(header);
    std::array<char, 512> more{};
    pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&watched, 1, 50) > 0) {
        const ssize_t count = ::read(descriptor, more.data(), more.size());
        text.append(more.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return text;
}

}  // namespace

int milliseconds_until(Deadline deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 60'000));
}

std::variant<Frame, FrameProblem> read_frame(int descriptor, std::size_t limit, Deadline deadline) {
    FrameHeader header{};
    std::size_t used = 0;
    What problem = What::closed;
    while (used < header.size()) {
        const auto count =
            read_some(descriptor, header.data() + used, header.size() - used, deadline, problem);
        if (!count) {
            return FrameProblem{.what = problem, .beginning = std::string(header.data(), used)};
        }
        used += *count;
    }
    const std::size_t length = frame_length(header);
    const char kind = frame_kind(header);
    if (length > limit || !is_frame_kind(kind)) {
        const What what = length > limit ? What::too_large : What::no_frame;
        return FrameProblem{.what = what,
                            .beginning = beginning_of(descriptor, {header.data(), header.size()})};
    }
    Frame frame{.kind = kind, .payload = {}};
    frame.payload.reserve(std::min(length, one_piece));
    while (frame.payload.size() < length) {
        const std::size_t have = frame.payload.size();
        frame.payload.resize(have + std::min(length - have, std::size_t{64} << 10U));
        const auto count = read_some(
            descriptor, frame.payload.data() + have, frame.payload.size() - have, deadline, problem);
        if (!count) {
            return FrameProblem{.what = problem, .beginning = {}};
        }
        frame.payload.resize(have + *count);
    }
    return frame;
}

WriteResult write_bytes(int descriptor, std::string_view bytes, Deadline deadline) {
    const NoBrokenPipe guard;
    while (!bytes.empty()) {
        if (!wait_for(descriptor, POLLOUT, deadline)) {
            return WriteResult::late;
        }
        const ssize_t count =
            ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            return WriteResult::closed;
        }
    }
    return WriteResult::done;
}

WriteResult write_frame(int descriptor, char kind, std::string_view payload, Deadline deadline) {
    const FrameHeader header = frame_header(kind, payload.size());
    const WriteResult first = write_bytes(descriptor, {header.data(), header.size()}, deadline);
    return first == WriteResult::done ? write_bytes(descriptor, payload, deadline) : first;
}

NoBrokenPipe::NoBrokenPipe() {
    sigset_t pending{};
    sigset_t pipe{};
    sigset_t before{};
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::sigpending(&pending);
    pending_before_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
    blocked_before_ = ::sigismember(&before, SIGPIPE) == 1;
}

NoBrokenPipe::~NoBrokenPipe() {
    if (pending_before_) {
        if (!blocked_before_) {
            sigset_t pipe{};
            ::sigemptyset(&pipe);
            ::sigaddset(&pipe, SIGPIPE);
            ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
        }
        return;
    }
    sigset_t pipe{};
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    const timespec now{};
    while (::sigtimedwait(&pipe, nullptr, &now) == -1 && errno == EINTR) {
    }
    if (!blocked_before_) {
        ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
    }
}

}  // namespace edgecert
