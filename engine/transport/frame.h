// Frames: 4 bytes of length (big endian), 1 byte of kind, the payload; read and written on file descriptors
// with deadlines.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace edgecert {

using Deadline = std::chrono::steady_clock::time_point;

struct Frame {
    char kind{};
    std::string payload{};
};

inline constexpr char keep_alive_frame = 'k';  // empty; says only that somebody is there

struct FrameProblem {
    enum class What { closed, late, too_large, no_frame, failed };
    What what{What::closed};
    std::string beginning{};  // what stood where a frame should be: too_large and no_frame; raw
};

// Reads one frame of at most `limit` bytes. A length over the limit, or a kind that is no lower-case letter,
// is text of some other program: the first bytes of any text make a length of over 500 million. The payload
// grows as it arrives, up to 4 MiB in one piece, so that a secret in it is not scattered over the heap. Works
// on blocking descriptors too, if nobody else reads them.
[[nodiscard]] std::variant<Frame, FrameProblem> read_frame(int descriptor,
                                                           std::size_t limit,
                                                           Deadline deadline);

enum class WriteResult { done, closed, late };

// Writes one frame. Never raises SIGPIPE. On a blocking descriptor no single write is larger than a pipe
// takes at once (PIPE_BUF).
[[nodiscard]] WriteResult write_frame(int descriptor, char kind, std::string_view payload, Deadline deadline);

// Writes all of `bytes` as write_frame does.
[[nodiscard]] WriteResult write_bytes(int descriptor, std::string_view bytes, Deadline deadline);

// Holds SIGPIPE back in this thread while it lives, and takes away one that came meanwhile (POSIX
// sigtimedwait).
class NoBrokenPipe {
public:
    NoBrokenPipe();
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
    ~NoBrokenPipe();

private:
    bool blocked_before_{};
    bool pending_before_{};
};

// Milliseconds for poll(2), never negative, at most a minute.
[[nodiscard]] int milliseconds_until(Deadline deadline);

}  // namespace edgecert
