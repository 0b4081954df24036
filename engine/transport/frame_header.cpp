// Four bytes of length, big endian, and one of kind.
#include "engine/transport/frame_header.h"

#include <cstddef>

namespace edgecert {

FrameHeader frame_header(char kind, std::size_t length) {
    FrameHeader header{};
    for (std::size_t at = 0; at < 4; ++at) {
        header.at(at) = static_cast<char>((length >> (8U * (3 - at))) & 0xFFU);
    }
    header[4] = kind;
    return header;
}

std::size_t frame_length(const FrameHeader& header) {
    std::size_t length = 0;
    for (std::size_t at = 0; at < 4; ++at) {
        length = (length << 8U) | static_cast<unsigned char>(header.at(at));
    }
    return length;
}

}  // namespace edgecert
