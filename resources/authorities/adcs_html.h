// What can be read out of pages that are no well-formed HTML: elements by their id, text without tags,
// numbers. Pure functions over bytes of a far side; every one is linear in them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgecert::adcs {

// UTF-16 with a byte order mark becomes UTF-8; other bytes stay as they are (ids and numbers are ASCII in
// every code page that such pages come in). NUL bytes are dropped.
[[nodiscard]] std::string as_ascii_superset(std::string_view page);

// Without <!-- … -->; one that does not end takes the rest of the page with it.
[[nodiscard]] std::string without_comments(std::string_view page);
// Without <script> … </script> and <style> … </style>, which hold no prose.
[[nodiscard]] std::string without_scripts(std::string_view page);

// A tag with an id, and where it ends. Quotes are not trusted: a tag ends at the first '>'.
struct Tag {
    std::string_view name{};
    std::size_t begin{};  // of its '<'
    std::size_t end{};    // behind its '>'
};
[[nodiscard]] std::optional<Tag> find_id(std::string_view page, std::string_view id);

// What stands in the element: up to its closing tag, or the next tag of the same name; where neither comes,
// up to the next id that begins with "loc". At most 16 KiB.
[[nodiscard]] std::string_view content_of(std::string_view page, const Tag& tag);
// As much again as may belong to it when its own content is cut short by a stray tag: up to the next such id.
[[nodiscard]] std::string_view reach_of(std::string_view page, const Tag& tag);
// What follows the first <DD> behind the tag, up to the next <DD>, <DT> or </DL>.
[[nodiscard]] std::optional<std::string_view> definition_after(std::string_view page, const Tag& tag);

// Tags dropped, the usual entities decoded, white space collapsed.
[[nodiscard]] std::string text_of(std::string_view html);
// Every run of ASCII digits that stands by itself, in order, each once; at most 16.
[[nodiscard]] std::vector<std::string> numbers_in(std::string_view text);

// ASCII case apart; npos.
[[nodiscard]] std::size_t find_folded(std::string_view text, std::string_view wanted, std::size_t from = 0);

}  // namespace edgecert::adcs
