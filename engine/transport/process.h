// Process: a child spoken to on its stdin and stdout, with deadlines, bounds and its stderr kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"
#include "engine/transport/frame.h"

namespace edgecert {

struct ProcessLimits {
    std::size_t output{64U << 20U};        // bytes of stdout taken in all (one-shot) or in one frame
    std::size_t error_output{64U << 10U};  // the last bytes of stderr kept
    Seconds deadline{60};
    Seconds keep_alive{15};  // Session: an empty keep-alive frame this often; 0: none
};

struct ProcessResult {
    int status{};  // exit status; 128 + signal
    std::string output{};
    std::string error_output{};  // raw; printable() before it is shown
    bool timed_out{};
    bool output_exceeded{};
};

// Runs argv (no shell; PATH search; no inherited descriptors but 0 1 2; no terminal: own session), writes
// `input` to its stdin, waits. The child gets the caller's environment without the variables named in
// `hidden` (NAME, or NAME* for all that begin so), then `added` (NAME=value). A child that was killed for its
// deadline or its output takes its whole process group with it. What it leaves running in the background may
// keep its stdout open: that is not waited for. Throws Error "cannot-run" when it cannot be started.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& argv,
                                        std::string_view input,
                                        const ProcessLimits& limits = {},
                                        const std::vector<std::string>& hidden = {},
                                        const std::vector<std::string>& added = {});

// A long-lived child that speaks frames (engine/transport/frame.h); the controller's side of a node session.
// A thread of its own collects stderr and sends keep-alive frames, so that the far side can tell a controller
// that is busy from one that is gone. One caller at a time.
class Session {
public:
    explicit Session(const std::vector<std::string>& argv,
                     ProcessLimits limits = {},
                     const std::vector<std::string>& hidden = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();  // closes stdin, gives it a moment, then kills the process group

    void send(char kind, std::string_view payload);  // Error "node-died", "node-hangs"
    [[nodiscard]] Frame receive(Seconds deadline);   // Error "node-died" (with its stderr), "node-hangs",
                                                     // "node-babbles" (over the limit, no frame)
    [[nodiscard]] std::string error_output() const;  // what it said on stderr so far, bounded

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace edgecert
