// Elements by their id, in pages that are no well-formed HTML. Pure functions over bytes of a far side; every
// one is linear in them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace edgecert::adcs {

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

}  // namespace edgecert::adcs
