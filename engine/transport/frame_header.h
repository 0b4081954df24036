// What stands before a frame's payload; the same on every system.
#pragma once

#include <array>
#include <cstddef>

namespace edgecert {

inline constexpr std::size_t frame_header_size = 5;
using FrameHeader = std::array<char, frame_header_size>;

[[nodiscard]] FrameHeader frame_header(char kind, std::size_t length);
[[nodiscard]] std::size_t frame_length(const FrameHeader& header);
[[nodiscard]] inline char frame_kind(const FrameHeader& header) {
    return header[4];
}
[[nodiscard]] inline bool is_frame_kind(char kind) {
    return kind >= 'a' && kind <= 'z';
}

}  // namespace edgecert
