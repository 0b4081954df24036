// The node on two POSIX file descriptors.
#include "resources/stores/node.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unistd.h>
#include <variant>

#include "engine/transport/frame.h"

namespace edgecert {
namespace {

class DescriptorLine final : public NodeLine {
public:
    DescriptorLine(int in, int out) : in_(in), out_(out) {}

    [[nodiscard]] std::variant<Frame, FrameProblem> read(std::size_t limit, Seconds patience) override {
        return read_frame(in_, limit, std::chrono::steady_clock::now() + patience);
    }
    [[nodiscard]] WriteResult write(char kind, std::string_view payload, Seconds patience) override {
        return write_frame(out_, kind, payload, std::chrono::steady_clock::now() + patience);
    }
    void complain(const std::string& text) override {
        const std::string line = "edgecert node: " + text + "\n";
        static_cast<void>(
            write_bytes(STDERR_FILENO, line, std::chrono::steady_clock::now() + std::chrono::seconds(1)));
    }

private:
    int in_;
    int out_;
};

}  // namespace

int serve_node(CertificateStore& store, int in, int out, Clock& clock, const NodeOptions& options) {
    NodeDesk desk(store);
    DescriptorLine line(in, out);
    return serve_line(desk, line, clock, options);
}

}  // namespace edgecert
