// Bytes as text: hexadecimal, base64 (RFC 4648), and text of a far side made harmless for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgecert {

[[nodiscard]] std::string to_hex(std::string_view bytes);                  // lower case
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);  // either case; nothing else
[[nodiscard]] std::string to_base64(std::string_view bytes);  // RFC 4648 section 4, padded, one line
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);  // strict; no white space
[[nodiscard]] bool is_utf8(std::string_view bytes);  // RFC 3629: no surrogates, no overlong forms

// One character and how many bytes it takes; length 0: no valid UTF-8 there, or the end.
struct Utf8 {
    std::uint32_t character{};
    std::size_t length{};
};
[[nodiscard]] Utf8 utf8_at(std::string_view bytes, std::size_t position);

// Control characters (C0 but for nothing, DEL, C1 as UTF-8), the invisible ones that break lines or turn the
// direction of writing, and invalid UTF-8 become \xNN byte by byte, so that text of a remote side cannot move
// a cursor, forge a line or end a log record. At most `limit` bytes of the text are kept, then "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 4096);

// A checked name: lower-case letters, digits, '-' and '.', at most 63, starting and ending with a letter or
// digit. Never ".." and never a path. What goes into a file name of ours passes here first.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace edgecert
