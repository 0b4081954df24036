// From the bytes of a page to its text.
#include "resources/authorities/adcs/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "resources/authorities/adcs/characters.h"

namespace edgecert::adcs {
namespace {

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

struct Entity {
    std::string_view name{};
    std::string_view text{};
};
constexpr std::array<Entity, 6> entities{
    {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}}};

// The character behind `#` or `#x`, as UTF-8; none where it is no number.
std::optional<std::string> numbered_character(std::string_view name) {
    std::uint32_t value = 0;
    const bool hex = name.size() > 2 && folded(name[1]) == 'x';
    for (const char c : name.substr(hex ? 2 : 1)) {
        const bool letter = hex && folded(c) >= 'a' && folded(c) <= 'f';
        if (!is_digit(c) && !letter)
            return std::nullopt;
        const int digit = letter ? folded(c) - 'a' + 10 : c - '0';
        value = value * (hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    }
    const bool none = value == 0 || value > 0xFFFFU || (value >= 0xD800U && value <= 0xDFFFU);
    std::string text;
    add_utf8(text, none ? 0xFFFDU : value);
    return text;
}

// The character that "&#…;" or "&…;" at `at` stands for, and how many bytes it takes; 0: it is none.
std::pair<std::string, std::size_t> entity_at(std::string_view html, std::size_t at) {
    constexpr std::size_t longest = 10;
    const std::size_t end = html.substr(at, longest).find(';');
    if (end == std::string_view::npos || end < 2)
        return {};
    const std::string_view name = html.substr(at + 1, end - 1);
    if (name.front() == '#') {
        const auto text = numbered_character(name);
        return text ? std::pair{*text, end + 1} : std::pair<std::string, std::size_t>{};
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
    const auto* const found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from),
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
    return without(without(without(page, "script"), "style"), "title");
}

std::size_t tag_end(std::string_view text) {
    const std::size_t end = text.find_first_of("<>", 1);
    return end == std::string_view::npos || text[end] == '<' ? std::string_view::npos : end;
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
