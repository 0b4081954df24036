// Bytes as text: hexadecimal, base64 (RFC 4648), and text of a far side made harmless for a terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edgecert {

[[nodiscard]] std::string to_hex(std::string_view bytes);                            // lower case
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);            // either case; nothing else
[[nodiscard]] std::string to_base64(std::string_view bytes);                         // RFC 4648 section 4, padded, one line
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);         // strict; no white space
[[nodiscard]] bool is_utf8(std::string_view bytes);                                  // RFC 3629: no surrogates, no overlong forms

// Control characters (C0 but for nothing, DEL, C1 as UTF-8) and invalid UTF-8 become \xNN, so that text of a remote side
// cannot move a cursor, forge a line or end a log record. At most `limit` bytes are kept, then "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 4096);

// A checked name: lower-case letters, digits, '-' and '.', at most 63, starting and ending with a letter or digit.
// Never ".." and never a path. What goes into a file name of ours passes here first.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace edgecert
