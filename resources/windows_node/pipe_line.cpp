// Frames on pipes, and the thread that leaves when nobody speaks any more.
#include "resources/windows_node/pipe_line.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "engine/transport/frame_header.h"

namespace edgecert::windows {
namespace {

using What = FrameProblem::What;

constexpr std::size_t one_piece = 4U << 20U;
constexpr std::size_t one_read = 64U << 10U;
constexpr unsigned left_in_trouble = 1;

}  // namespace

PipeLine::PipeLine()
    : in_(::GetStdHandle(STD_INPUT_HANDLE)),
      out_(::GetStdHandle(STD_OUTPUT_HANDLE)),
      watcher_([this] { watch(); }) {}

PipeLine::~PipeLine() {
    over_ = true;
    watcher_.join();
}

void PipeLine::watch() {
    while (!over_) {
        const Ticks until = until_;
        if (until != 0 && std::chrono::steady_clock::now().time_since_epoch().count() > until) {
            complain("nothing was heard of the controller for too long");
            ::ExitProcess(left_in_trouble);
        }
        ::Sleep(20);
    }
}

bool PipeLine::read_all(char* into, std::size_t size, std::size_t& got) {
    got = 0;
    while (got < size) {
        DWORD count = 0;
        const auto wanted = static_cast<DWORD>(std::min(size - got, one_read));
        if (::ReadFile(in_, into + got, wanted, &count, nullptr) == FALSE || count == 0) {
            return false;
        }
        got += count;
    }
    return true;
}

std::variant<Frame, FrameProblem> PipeLine::read(std::size_t limit, Seconds patience) {
    expect_until(std::chrono::steady_clock::now() + patience);
    FrameHeader header{};
    std::size_t got = 0;
    if (!read_all(header.data(), header.size(), got)) {
        expect_nothing();
        return FrameProblem{.what = What::closed, .beginning = std::string(header.data(), got)};
    }
    const std::size_t length = frame_length(header);
    if (length > limit || !is_frame_kind(frame_kind(header))) {
        expect_nothing();
        return FrameProblem{.what = length > limit ? What::too_large : What::no_frame,
                            .beginning = std::string(header.data(), header.size())};
    }
    Frame frame{.kind = frame_kind(header), .payload = {}};
    frame.payload.reserve(std::min(length, one_piece));
    while (frame.payload.size() < length) {
        const std::size_t have = frame.payload.size();
        frame.payload.resize(have + std::min(length - have, one_read));
        if (!read_all(frame.payload.data() + have, frame.payload.size() - have, got)) {
            expect_nothing();
            return FrameProblem{.what = What::closed, .beginning = "a frame"};
        }
    }
    expect_nothing();
    return frame;
}

bool PipeLine::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        DWORD count = 0;
        const auto size = static_cast<DWORD>(std::min(bytes.size(), one_read));
        if (::WriteFile(out_, bytes.data(), size, &count, nullptr) == FALSE) {
            return false;
        }
        bytes.remove_prefix(count);
    }
    return true;
}

WriteResult PipeLine::write(char kind, std::string_view payload, Seconds patience) {
    expect_until(std::chrono::steady_clock::now() + patience);
    const FrameHeader header = frame_header(kind, payload.size());
    const bool done = write_all({header.data(), header.size()}) && write_all(payload);
    expect_nothing();
    return done ? WriteResult::done : WriteResult::closed;
}

void PipeLine::complain(const std::string& text) {
    const std::string line = "edgecert-node: " + text + "\r\n";
    DWORD count = 0;
    ::WriteFile(
        ::GetStdHandle(STD_ERROR_HANDLE), line.data(), static_cast<DWORD>(line.size()), &count, nullptr);
}

}  // namespace edgecert::windows
