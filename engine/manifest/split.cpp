// Splitting at document markers, and the check that bytes are text.
#include "engine/manifest/split.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/manifest/value.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

bool is_marker(std::string_view line, std::string_view marker) {
    if (line.substr(0, marker.size()) != marker) {
        return false;
    }
    const std::string_view rest = line.substr(marker.size());
    return rest.empty() || rest.front() == ' ' || rest.front() == '\t' || rest.front() == '\r';
}

// Whether a line holds more than white space or a comment.
bool has_content(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first != std::string_view::npos && line[first] != '#';
}

std::array<bool, 256> plain_bytes() {
    std::array<bool, 256> plain{};
    std::fill(plain.begin() + 0x20, plain.begin() + 0x7F, true);
    plain['\n'] = true;
    plain['\t'] = true;
    return plain;
}

// What is wrong with the character at `position`, if anything; `length` is set to what it takes.
std::optional<Fault> fault_at(std::string_view bytes, std::size_t position, std::size_t& length) {
    const Utf8 next = utf8_at(bytes, position);
    length = next.length;
    if (next.length == 0) {
        return Fault{position,
                     "not-utf8",
                     "the file is not UTF-8: " + printable(bytes.substr(position, 1)) +
                         " is not part of any character here"};
    }
    if (next.character == '\r') {
        if (bytes.substr(position, 2) == "\r\n") {
            return std::nullopt;
        }
        return Fault{
            position, "syntax", "a carriage return without a line feed: some programs end the line here"};
    }
    if (next.character == 0xFEFF) {
        return Fault{position, "syntax", "a byte-order mark that is not at the beginning of the file"};
    }
    const bool control = next.character < 0x20 || (next.character >= 0x7F && next.character < 0xA0);
    if (control && next.character != 0x85) {
        return Fault{position,
                     "syntax",
                     "the control character " + printable(bytes.substr(position, next.length)) +
                         " cannot stand in YAML"};
    }
    return std::nullopt;
}

}  // namespace

std::vector<Piece> split_documents(std::string_view bytes) {
    std::vector<Piece> pieces;
    Piece piece{.line = 1};
    bool started = false;  // the piece has content
    bool marked = false;   // it began with a marker, and no other document's directive can stand in it
    std::uint32_t line_number = 0;
    const auto finish = [&](std::size_t end) {
        piece.end = end;
        if (started) {
            pieces.push_back(piece);
        }
        started = false;
    };
    for (std::size_t begin = 0; begin < bytes.size();) {
        ++line_number;
        const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
        const std::size_t next = std::min(end + 1, bytes.size());
        const std::string_view line = bytes.substr(begin, end - begin);
        if (is_marker(line, "---")) {
            finish(begin);
            piece = {.begin = begin, .line = line_number};
            started = has_content(line.substr(3));
            marked = true;
        } else if (is_marker(line, "...")) {
            finish(begin);
            if (has_content(line.substr(3))) {  // only a comment may stand there (YAML 1.2 section 9.1.2)
                const auto column = static_cast<std::uint32_t>(line.find_first_not_of(" \t", 3)) + 1;
                pieces.push_back({.begin = begin, .end = next, .line = line_number, .stray = column});
            }
            piece = {.begin = next, .line = line_number + 1};
            marked = false;
        } else if (!line.empty() && line.front() == '%') {
            if (!started && !marked && line.substr(0, 8) == "%YAML 1.") {  // says what we take anyway
                piece = {.begin = next, .line = line_number + 1};
            } else if (piece.directive == 0) {
                piece.directive = line_number;
                started = true;
            }
        } else {
            started = started || has_content(line);
        }
        begin = next;
    }
    finish(bytes.size());
    return pieces;
}

std::optional<Fault> find_fault(std::string_view bytes) {
    const std::array<bool, 256> plain = plain_bytes();
    std::size_t position = 0;
    while (position < bytes.size()) {
        if (plain[static_cast<unsigned char>(bytes[position])]) {
            ++position;
            continue;
        }
        std::size_t length = 0;
        if (auto fault = fault_at(bytes, position, length)) {
            return fault;
        }
        position += length;
    }
    return std::nullopt;
}

Mark mark_of(std::string_view bytes, std::size_t position, std::uint32_t first_line) {
    const std::string_view before = bytes.substr(0, position);
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t end = before.rfind('\n');
    const std::string_view line = end == std::string_view::npos ? before : before.substr(end + 1);
    const auto characters = std::count_if(line.begin(), line.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // not a continuation byte
    });
    return {first_line + lines, static_cast<std::uint32_t>(characters) + 1};
}

}  // namespace edgecert
