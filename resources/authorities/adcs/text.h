// From the bytes of a page to its text: encodings, comments, scripts, entities, numbers. Pure functions over
// bytes of a far side; every one is linear in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace edgecert::adcs {

// UTF-16 with a byte order mark becomes UTF-8; other bytes stay as they are (ids and numbers are ASCII in
// every code page that such pages come in). NUL bytes are dropped.
[[nodiscard]] std::string as_ascii_superset(std::string_view page);

// Without <!-- … -->; one that does not end takes the rest of the page with it.
[[nodiscard]] std::string without_comments(std::string_view page);
// Without <script> … </script>, <style> … </style> and <title> … </title>, which hold no prose of an answer.
[[nodiscard]] std::string without_scripts(std::string_view page);

// Tags dropped, the usual entities decoded, white space collapsed.
[[nodiscard]] std::string text_of(std::string_view html);
// Every run of ASCII digits that stands by itself, in order, each once; at most 16.
[[nodiscard]] std::vector<std::string> numbers_in(std::string_view text);

// ASCII case apart; npos.
[[nodiscard]] std::size_t find_folded(std::string_view text, std::string_view wanted, std::size_t from = 0);

// As much of a page as a tag may be long.
inline constexpr std::size_t tag_limit = 4U << 10U;
// Where the tag that begins with the text ends; npos: it is none. A '<' before its '>' makes it text, so that
// no byte is looked at again and again.
[[nodiscard]] std::size_t tag_end(std::string_view text);

}  // namespace edgecert::adcs
