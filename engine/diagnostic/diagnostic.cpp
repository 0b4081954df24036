// The one exception, and diagnostics as people read them.
#include "engine/diagnostic/diagnostic.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr std::size_t widest = 120;
constexpr std::string_view indent = "    ";

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Enough of UAX #11 and of the combining marks for a caret to stand where the eye expects it. libc's
// wcwidth() would depend on the locale of whoever runs us.
constexpr Range no_columns[] = {{0x0300, 0x036F},
                                {0x0483, 0x0489},
                                {0x0591, 0x05BD},
                                {0x064B, 0x065F},
                                {0x0E31, 0x0E31},
                                {0x0E34, 0x0E3A},
                                {0x200B, 0x200D},
                                {0x20D0, 0x20F0},
                                {0xFE00, 0xFE0F},
                                {0xFE20, 0xFE2F}};
constexpr Range two_columns[] = {{0x1100, 0x115F},
                                 {0x2E80, 0x303E},
                                 {0x3041, 0x4DBF},
                                 {0x4E00, 0xA4CF},
                                 {0xAC00, 0xD7A3},
                                 {0xF900, 0xFAFF},
                                 {0xFE30, 0xFE6F},
                                 {0xFF00, 0xFF60},
                                 {0xFFE0, 0xFFE6},
                                 {0x1F300, 0x1F64F},
                                 {0x1F680, 0x1F6FF},
                                 {0x1F900, 0x1F9FF},
                                 {0x20000, 0x3FFFD}};

template <std::size_t count>
bool within(const Range (&ranges)[count], std::uint32_t character) {
    return std::any_of(std::begin(ranges), std::end(ranges), [character](const Range& range) {
        return character >= range.first && character <= range.last;
    });
}

// One character of the line as it is shown, and the columns that takes.
struct Glyph {
    std::string shown{};
    std::size_t columns{};
};

Glyph glyph_of(std::string_view bytes, const Utf8& character) {
    if (bytes == "\t") {
        return {std::string(indent), indent.size()};
    }
    std::string shown = printable(bytes);
    if (character.length == 0 || shown != bytes) {
        const std::size_t columns = shown.size();  // escaped: ASCII
        return {std::move(shown), columns};
    }
    if (within(no_columns, character.character)) {
        return {std::move(shown), 0};
    }
    return {std::move(shown), within(two_columns, character.character) ? 2U : 1U};
}

std::vector<Glyph> glyphs_of(std::string_view line) {
    std::vector<Glyph> glyphs;
    glyphs.reserve(line.size());
    for (std::size_t position = 0; position < line.size();) {
        const Utf8 character = utf8_at(line, position);
        const std::size_t length = std::max<std::size_t>(character.length, 1);
        glyphs.push_back(glyph_of(line.substr(position, length), character));
        position += length;
    }
    return glyphs;
}

std::size_t columns_of(const std::vector<Glyph>& glyphs, std::size_t first, std::size_t last) {
    std::size_t columns = 0;
    for (std::size_t index = first; index < last; ++index) {
        columns += glyphs[index].columns;
    }
    return columns;
}

// The part of the line that is shown: [first, last), with the caret's character in it and as much around it
// as fits.
struct Window {
    std::size_t first{};
    std::size_t last{};
};

Window window_around(const std::vector<Glyph>& glyphs, std::size_t caret) {
    const std::size_t room = widest - indent.size() - 2;  // an ellipsis on each side
    if (columns_of(glyphs, 0, glyphs.size()) <= room) {
        return {0, glyphs.size()};
    }
    Window window{std::min(caret, glyphs.size() - 1), 0};
    std::size_t used = glyphs[window.first].columns;
    while (window.first > 0 && used + glyphs[window.first - 1].columns <= room / 2) {
        used += glyphs[--window.first].columns;
    }
    window.last = std::min(caret, glyphs.size() - 1) + 1;
    while (window.last < glyphs.size() && used + glyphs[window.last].columns <= room) {
        used += glyphs[window.last++].columns;
    }
    while (window.first > 0 &&
           used + glyphs[window.first - 1].columns <= room) {  // the caret stands near the end
        used += glyphs[--window.first].columns;
    }
    return window;
}

std::string excerpt_lines(const Diagnostic& diagnostic, const char* caret_colour, const char* plain) {
    const std::vector<Glyph> glyphs = glyphs_of(diagnostic.excerpt);
    const std::size_t caret = diagnostic.where.column == 0 ? 0 : diagnostic.where.column - 1;
    const Window window = window_around(glyphs, caret);
    std::string line(indent);
    line += window.first > 0 ? "…" : "";
    for (std::size_t index = window.first; index < window.last; ++index) {
        line += glyphs[index].shown;
    }
    line += window.last < glyphs.size() ? "…\n" : "\n";
    if (diagnostic.where.column == 0 || caret > glyphs.size()) {
        return line;
    }
    const std::size_t before =
        (window.first > 0 ? 1 : 0) + columns_of(glyphs, window.first, std::min(caret, window.last));
    return line + std::string(indent.size() + before, ' ') + caret_colour + "^" + plain + "\n";
}

std::string place(const Source& where) {
    std::string text = printable(where.file);
    if (where.line != 0) {
        text += text.empty() ? "" : ":";
        text += std::to_string(where.line) + ":" + std::to_string(where.column);
    }
    return text.empty() ? text : text + ": ";
}

const char* colour_of(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "\x1b[1;31m";
        case Severity::warning:
            return "\x1b[1;33m";
        case Severity::note:
            return "\x1b[1;36m";
    }
    return "";
}

}  // namespace

std::string_view to_text(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::note:
            return "note";
    }
    return "error";
}

Error::Error(Diagnostic what) : diagnostic_(std::move(what)) {}

Error::Error(std::string code, std::string text, std::string hint)
    : diagnostic_{.code = std::move(code), .text = std::move(text), .hint = std::move(hint)} {}

std::string render(const Diagnostic& diagnostic, bool colour) {
    const char* const strong = colour ? colour_of(diagnostic.severity) : "";
    const char* const plain = colour ? "\x1b[0m" : "";
    std::string out = place(diagnostic.where);
    out.append(strong).append(to_text(diagnostic.severity)).append(":").append(plain).append(" ");
    out += printable(diagnostic.text);
    if (!diagnostic.code.empty()) {
        out += " [" + printable(diagnostic.code) + "]";
    }
    out += "\n";
    if (!diagnostic.excerpt.empty()) {
        out += excerpt_lines(diagnostic, strong, plain);
    }
    if (!diagnostic.hint.empty()) {
        out += "  hint: " + printable(diagnostic.hint) + "\n";
    }
    return out;
}

}  // namespace edgecert
