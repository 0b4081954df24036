// Reading pages that are no well-formed HTML.
#include "resources/authorities/adcs_html.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace edgecert::adcs {
namespace {

constexpr std::size_t content_limit = 16U << 10U;
constexpr std::size_t tag_limit = 4U << 10U;

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return folded(c) >= 'a' && folded(c) <= 'z';
}

bool same_folded(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return folded(x) == folded(y); });
}

bool begins_folded(std::string_view text, std::string_view with) {
    return same_folded(text.substr(0, with.size()), with);
}

void add_utf8(std::string& to, std::uint32_t character) {
    const auto add = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (character < 0x80U) {
        add(character);
    } else if (character < 0x800U) {
        add(0xC0U | (character >> 6U));
        add(0x80U | (character & 0x3FU));
    } else {
        add(0xE0U | (character >> 12U));
        add(0x80U | ((character >> 6U) & 0x3FU));
        add(0x80U | (character & 0x3FU));
    }
}

// Characters beyond the basic plane become two that no reader here looks for.
std::string from_utf16(std::string_view bytes, bool little) {
    std::string text;
    for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
        const auto first = static_cast<unsigned char>(bytes[i]);
        const auto second = static_cast<unsigned char>(bytes[i + 1]);
        const std::uint32_t unit =
            little ? first | (std::uint32_t{second} << 8U) : second | (std::uint32_t{first} << 8U);
        const bool surrogate = unit >= 0xD800U && unit <= 0xDFFFU;
        if (unit != 0)
            add_utf8(text, surrogate ? 0xFFFDU : unit);
    }
    return text;
}

std::string_view name_at(std::string_view page, std::size_t begin) {
    std::size_t end = begin;
    while (end < page.size() && (is_letter(page[end]) || is_digit(page[end])))
        ++end;
    return page.substr(begin, end - begin);
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

// Where the tag that begins with the text ends; npos: it is none. A '<' before its '>' makes it text, so that
// no byte is looked at again and again.
std::size_t tag_end(std::string_view text) {
    const std::size_t end = text.find_first_of("<>", 1);
    return end == std::string_view::npos || text[end] == '<' ? std::string_view::npos : end;
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

struct Entity {
    std::string_view name{};
    std::string_view text{};
};
constexpr std::array<Entity, 6> entities{
    {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}}};

// The character that "&#…;" or "&…;" at `at` stands for, and how many bytes it takes; 0: it is none.
std::pair<std::string, std::size_t> entity_at(std::string_view html, std::size_t at) {
    constexpr std::size_t longest = 10;
    const std::size_t end = html.substr(at, longest).find(';');
    if (end == std::string_view::npos || end < 2)
        return {};
    const std::string_view name = html.substr(at + 1, end - 1);
    if (name.front() == '#') {
        std::uint32_t value = 0;
        const bool hex = name.size() > 2 && folded(name[1]) == 'x';
        for (const char c : name.substr(hex ? 2 : 1)) {
            const bool letter = hex && folded(c) >= 'a' && folded(c) <= 'f';
            if (!is_digit(c) && !letter)
                return {};
            const int digit = letter ? folded(c) - 'a' + 10 : c - '0';
            value = value * (hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
        }
        std::string text;
        add_utf8(text,
                 value == 0 || value > 0xFFFFU || (value >= 0xD800U && value <= 0xDFFFU) ? 0xFFFDU : value);
        return {text, end + 1};
    }
    for (const Entity& entity : entities) {
        if (same_folded(entity.name, name))
            return {std::string(entity.text), end + 1};
    }
    return {};
}

std::string without(std::string_view page, std::string_view element) {
    const std::string open = "<" + std::string(element);
    const std::string close = "</" + std::string(element);
    std::string kept;
    std::size_t from = 0;
    while (true) {
        const std::size_t begin = find_folded(page, open, from);
        if (begin == std::string_view::npos)
            break;
        const std::size_t end = find_folded(page, close, begin);
        kept += page.substr(from, begin - from);
        kept += ' ';
        const std::size_t behind = end == std::string_view::npos ? end : page.find('>', end);
        if (behind == std::string_view::npos)
            return kept;
        from = behind + 1;
    }
    kept += page.substr(from);
    return kept;
}

}  // namespace

std::size_t find_folded(std::string_view text, std::string_view wanted, std::size_t from) {
    if (from > text.size())
        return std::string_view::npos;
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from),
                                   text.end(),
                                   wanted.begin(),
                                   wanted.end(),
                                   [](char x, char y) { return folded(x) == folded(y); });
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

std::string as_ascii_superset(std::string_view page) {
    if (page.starts_with("\xFF\xFE"))
        return from_utf16(page, true);
    if (page.starts_with("\xFE\xFF"))
        return from_utf16(page, false);
    std::string text(page.starts_with("\xEF\xBB\xBF") ? page.substr(3) : page);
    std::erase(text, '\0');
    return text;
}

std::string without_comments(std::string_view page) {
    std::string kept;
    std::size_t from = 0;
    while (true) {
        const std::size_t begin = page.find("<!--", from);
        if (begin == std::string_view::npos)
            break;
        kept += page.substr(from, begin - from);
        const std::size_t end = page.find("-->", begin + 4);
        if (end == std::string_view::npos)
            return kept;
        from = end + 3;
    }
    kept += page.substr(from);
    return kept;
}

std::string without_scripts(std::string_view page) {
    return without(without(page, "script"), "style");
}

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

std::string text_of(std::string_view html) {
    std::string text;
    const auto add = [&text](std::string_view part) {
        for (const char c : part) {
            const bool space = is_space(c);
            if (!space)
                text += c;
            else if (!text.empty() && text.back() != ' ')
                text += ' ';
        }
    };
    for (std::size_t i = 0; i < html.size();) {
        const bool tag = html[i] == '<' && i + 1 < html.size() &&
                         (is_letter(html[i + 1]) || html[i + 1] == '/' || html[i + 1] == '!');
        const std::size_t close = tag ? tag_end(html.substr(i, tag_limit)) : std::string_view::npos;
        const auto entity = html[i] == '&' ? entity_at(html, i) : std::pair<std::string, std::size_t>{};
        if (close != std::string_view::npos) {
            add(" ");
            i += close + 1;
        } else if (entity.second > 0) {
            add(entity.first);
            i += entity.second;
        } else {
            add(html.substr(i, 1));
            ++i;
        }
    }
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

std::vector<std::string> numbers_in(std::string_view text) {
    constexpr std::size_t most = 16;
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < text.size() && numbers.size() < most;) {
        if (!is_digit(text[i])) {
            ++i;
            continue;
        }
        const std::size_t begin = i;
        while (i < text.size() && is_digit(text[i]))
            ++i;
        const bool alone = (begin == 0 || (!is_letter(text[begin - 1]) && text[begin - 1] != '.')) &&
                           (i == text.size() || !is_letter(text[i]));
        const std::string number(text.substr(begin, i - begin));
        if (alone && std::find(numbers.begin(), numbers.end(), number) == numbers.end())
            numbers.push_back(number);
    }
    return numbers;
}

}  // namespace edgecert::adcs
