// Process: a child spoken to on its stdin and stdout, with deadlines, bounds and its stderr kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"

namespace edgecert {

struct ProcessLimits {
    std::size_t output{64U << 20U};       // bytes of stdout taken in all (one-shot) or in one frame
    std::size_t error_output{64U << 10U}; // the last bytes of stderr kept
    Seconds deadline{60};
};

struct ProcessResult {
    int status{};                         // exit status; 128 + signal
    std::string output{};
    std::string error_output{};           // raw; printable() before it is shown
    bool timed_out{};
    bool output_exceeded{};
};

// Runs argv (no shell; PATH search; no inherited descriptors but 0 1 2; no terminal: own session), writes `input` to its stdin, waits.
// The child gets the caller's environment without the variables named in `hidden`. Throws Error "cannot-run" when it cannot be started.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& argv, std::string_view input, const ProcessLimits& limits = {},
                                        const std::vector<std::string>& hidden = {});

// A long-lived child that speaks frames: 4 bytes big-endian length, 1 byte kind, payload. Used by the controller's side of a node session.
class Session {
public:
    struct Frame { char kind{}; std::string payload{}; };

    explicit Session(const std::vector<std::string>& argv, ProcessLimits limits = {}, std::vector<std::string> hidden = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();                            // closes stdin, gives it a moment, then kills the process group

    void send(char kind, std::string_view payload);     // Error "node-died", "node-hangs"
    [[nodiscard]] Frame receive(Seconds deadline);      // Error "node-died" (with its stderr), "node-hangs", "node-babbles" (over the limit, no frame)
    [[nodiscard]] std::string error_output() const;     // what it said on stderr so far, bounded

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace edgecert
