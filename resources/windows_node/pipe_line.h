// The node's line on this process's stdin and stdout.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "resources/stores/node.h"
#include "resources/windows_node/handles.h"

namespace edgecert::windows {

// What comes through sshd is a pipe or a socket that a read cannot be taken back from: a thread of its own
// ends the process when nothing was heard for too long.
class PipeLine final : public NodeLine {
public:
    PipeLine();
    PipeLine(const PipeLine&) = delete;
    PipeLine& operator=(const PipeLine&) = delete;
    ~PipeLine() override;

    [[nodiscard]] std::variant<Frame, FrameProblem> read(std::size_t limit, Seconds patience) override;
    [[nodiscard]] WriteResult write(char kind, std::string_view payload, Seconds patience) override;
    void complain(const std::string& text) override;

private:
    using Ticks = std::chrono::steady_clock::duration::rep;
    void watch();
    void expect_until(std::chrono::steady_clock::time_point when) {
        until_ = when.time_since_epoch().count();
    }
    void expect_nothing() { until_ = 0; }
    [[nodiscard]] bool read_all(char* into, std::size_t size, std::size_t& got);
    [[nodiscard]] bool write_all(std::string_view bytes);

    HANDLE in_;
    HANDLE out_;
    std::atomic<Ticks> until_{};  // 0: nothing is waited for
    std::atomic<bool> over_{};
    std::thread watcher_{};
};

}  // namespace edgecert::windows
