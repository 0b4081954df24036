// Reading pages that are no well-formed HTML.
#include "resources/authorities/adcs/html.h"

#include <algorithm>

#include "resources/authorities/adcs/characters.h"
#include "resources/authorities/adcs/text.h"

namespace edgecert::adcs {
namespace {

constexpr std::size_t content_limit = 16U << 10U;

std::string_view name_at(std::string_view page, std::size_t begin) {
    std::size_t end = begin;
    while (end < page.size() && (is_letter(page[end]) || is_digit(page[end])))
        ++end;
    return page.substr(begin, end - begin);
}

bool begins_folded(std::string_view text, std::string_view with) {
    return same_folded(text.substr(0, with.size()), with);
}

// The value of the attribute `id` in what stands between a tag's name and its '>'.
std::string_view id_in(std::string_view attributes) {
    for (std::size_t at = find_folded(attributes, "id"); at != std::string_view::npos;
         at = find_folded(attributes, "id", at + 2)) {
        const bool begins = at > 0 && (is_space(attributes[at - 1]) || attributes[at - 1] == '"' ||
                                       attributes[at - 1] == '\'' || attributes[at - 1] == '/');
        std::size_t i = at + 2;
        while (i < attributes.size() && is_space(attributes[i]))
            ++i;
        if (!begins || i >= attributes.size() || attributes[i] != '=')
            continue;
        ++i;
        while (i < attributes.size() &&
               (is_space(attributes[i]) || attributes[i] == '"' || attributes[i] == '\''))
            ++i;
        std::size_t end = i;
        while (end < attributes.size() && !is_space(attributes[end]) && attributes[end] != '"' &&
               attributes[end] != '\'' && attributes[end] != '/')
            ++end;
        return attributes.substr(i, end - i);
    }
    return {};
}

// Calls `visit(name, closing, id, begin, end)` for each tag from `from` on until it says true.
template <typename Visit>
void each_tag(std::string_view page, std::size_t from, const Visit& visit) {
    for (std::size_t at = page.find('<', from); at != std::string_view::npos; at = page.find('<', at + 1)) {
        const bool closing = at + 1 < page.size() && page[at + 1] == '/';
        const std::string_view name = name_at(page, at + (closing ? 2 : 1));
        if (name.empty())
            continue;
        const std::string_view rest = page.substr(at, tag_limit);
        const std::size_t close = tag_end(rest);
        if (close == std::string_view::npos)
            continue;
        const auto inside = static_cast<std::size_t>(name.data() - rest.data()) + name.size();
        const std::string_view id =
            closing || inside > close ? std::string_view{} : id_in(rest.substr(inside, close - inside));
        if (visit(name, closing, id, at, at + close + 1))
            return;
    }
}

}  // namespace

std::optional<Tag> find_id(std::string_view page, std::string_view id) {
    std::optional<Tag> found;
    each_tag(page,
             0,
             [&](std::string_view name,
                 bool /*closing*/,
                 std::string_view its,
                 std::size_t begin,
                 std::size_t end) {
                 if (!same_folded(its, id))
                     return false;
                 found = Tag{name, begin, end};
                 return true;
             });
    return found;
}

std::string_view reach_of(std::string_view page, const Tag& tag) {
    const std::string_view rest = page.substr(0, std::min(page.size(), tag.end + content_limit));
    std::size_t stop = rest.size();
    each_tag(rest,
             tag.end,
             [&](std::string_view /*name*/, bool, std::string_view id, std::size_t begin, std::size_t) {
                 if (!begins_folded(id, "loc"))
                     return false;
                 stop = begin;
                 return true;
             });
    return rest.substr(tag.end, stop - tag.end);
}

std::string_view content_of(std::string_view page, const Tag& tag) {
    const std::string_view rest = page.substr(0, std::min(page.size(), tag.end + content_limit));
    std::optional<std::size_t> stop;
    each_tag(
        rest, tag.end, [&](std::string_view name, bool, std::string_view, std::size_t begin, std::size_t) {
            if (!same_folded(name, tag.name))
                return false;
            stop = begin;
            return true;
        });
    return stop ? rest.substr(tag.end, *stop - tag.end) : reach_of(page, tag);
}

std::optional<std::string_view> definition_after(std::string_view page, const Tag& tag) {
    const std::string_view rest = page.substr(0, std::min(page.size(), tag.end + content_limit));
    std::optional<std::size_t> begin;
    std::size_t stop = rest.size();
    each_tag(rest,
             tag.end,
             [&](std::string_view name, bool closing, std::string_view, std::size_t at, std::size_t end) {
                 const bool definition = same_folded(name, "dd") && !closing;
                 if (!begin && definition) {
                     begin = end;
                     return false;
                 }
                 const bool other = definition || same_folded(name, "dt") || same_folded(name, "dl");
                 if (begin && (other || (same_folded(name, "dd") && closing))) {
                     stop = at;
                     return true;
                 }
                 return false;
             });
    return begin ? std::optional(rest.substr(*begin, stop - *begin)) : std::nullopt;
}

}  // namespace edgecert::adcs
