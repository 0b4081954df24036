// Diagnostics as people read them, and suggestions.
#include "engine/diagnostic/diagnostic.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

using edgecert::Diagnostic;
using edgecert::render;
using edgecert::Severity;

namespace {

// The line under the header: the excerpt, and the one with the caret.
std::string_view line_of(std::string_view text, int number) {
    for (int skipped = 0; skipped < number; ++skipped) {
        text.remove_prefix(text.find('\n') + 1);
    }
    return text.substr(0, text.find('\n'));
}

Diagnostic at(std::uint32_t column, std::string excerpt) {
    return {.code = "c", .text = "t", .where = {"f", 1, column}, .excerpt = std::move(excerpt)};
}

}  // namespace

TEST_CASE("a diagnostic shows place, line, caret and hint") {
    const Diagnostic diagnostic{.code = "unknown-key",
                                .text = "unknown key `freindlyName`",
                                .where = {"fleet/ams.yaml", 12, 5},
                                .excerpt = "    freindlyName: x",
                                .hint = "did you mean `friendlyName`?"};
    CHECK(render(diagnostic) ==
          "fleet/ams.yaml:12:5: error: unknown key `freindlyName` [unknown-key]\n"
          "        freindlyName: x\n"
          "        ^\n"
          "  hint: did you mean `friendlyName`?\n");
}

TEST_CASE("a diagnostic without a place, code or line leaves them out") {
    CHECK(render({.severity = Severity::warning, .text = "t"}) == "warning: t\n");
    CHECK(render({.severity = Severity::note, .text = "t", .where = {.file = "f"}}) == "f: note: t\n");
    CHECK(render({.code = "c", .text = "t", .where = {"f", 3, 1}}) == "f:3:1: error: t [c]\n");
}

TEST_CASE("colour is there only when asked for") {
    CHECK(render(at(1, "x")).find('\x1b') == std::string::npos);
    const std::string coloured = render(at(1, "x"), true);
    CHECK(coloured.find("\x1b[1;31merror:\x1b[0m t") != std::string::npos);
    CHECK(coloured.find("\x1b[1;31m^\x1b[0m") != std::string::npos);
}

TEST_CASE("the caret stands under its character whatever comes before it") {
    const auto caret = [](std::uint32_t column, std::string excerpt) {
        return line_of(render(at(column, std::move(excerpt))), 2).size();
    };
    CHECK(caret(1, "abc") == 5);
    CHECK(caret(4, "abc") == 8);            // just after the end
    CHECK(caret(2, "\tx") == 4 + 4 + 1);    // a tab is shown as four columns
    CHECK(caret(3, "日本x") == 4 + 4 + 1);  // two columns each
    CHECK(caret(3, "e\u0301x") == 4 + 1 + 1);
    CHECK(caret(2, "\x1bx") == 4 + 4 + 1);  // shown as \x1b
}

TEST_CASE("a caret that the line has no place for is left out") {
    CHECK(line_of(render(at(9, "abc")), 2).empty());
    CHECK(line_of(render(at(0, "abc")), 2).empty());
}

TEST_CASE("a long line is cut around the caret and stays within 120 columns") {
    std::string line;
    for (int part = 0; part < 100; ++part) {
        line += "0123456789";
    }
    for (const std::uint32_t column : {1U, 50U, 118U, 500U, 999U, 1000U, 1001U}) {
        CAPTURE(column);
        const std::string text = render(at(column, line));
        const std::string_view shown = line_of(text, 1);
        const std::string_view under = line_of(text, 2);
        CHECK(shown.size() <= 120 + 4);  // an ellipsis has three bytes and one column
        REQUIRE(under.size() <= 120);
        const std::size_t cut = column > 100 ? 2 : 0;  // the ellipsis before the caret
        if (column <= 1000) {
            CHECK(shown.at(under.size() - 1 + cut) == static_cast<char>('0' + (column - 1) % 10));
        }
        CHECK(shown.size() > 100);
    }
}

TEST_CASE("nothing from outside reaches the terminal as it is") {
    const std::string text = render({.code = "c\n",
                                     .text = "a\x1b[2Jb\n",
                                     .where = {"f\r", 1, 1},
                                     .excerpt = "x\x07\xff",
                                     .hint = "h\nforged: error"},
                                    true);
    CHECK(text.find("\x1b[2J") == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find("\nforged") == std::string::npos);
    CHECK(text.find("x\\x07\\xff") != std::string::npos);
}

TEST_CASE("an error is an exception that carries its diagnostic") {
    try {
        throw edgecert::Error("code", "text", "hint");
    } catch (const std::exception& caught) {
        CHECK(std::string_view(caught.what()) == "text");
        const auto& error = dynamic_cast<const edgecert::Error&>(caught);
        CHECK(error.diagnostic() == Diagnostic{.code = "code", .text = "text", .hint = "hint"});
    }
}

TEST_CASE("a suggestion is near or is not made") {
    const std::vector<std::string> keys = {
        "friendlyName", "authority", "subject", "sans", "dns", "ip", "names"};
    CHECK(edgecert::nearest("freindlyName", keys) == "friendlyName");  // an exchange
    CHECK(edgecert::nearest("friendlyname", keys) == "friendlyName");
    CHECK(edgecert::nearest("DNS", keys) == "dns");
    CHECK(edgecert::nearest("authorty", keys) == "authority");
    CHECK(edgecert::nearest("friendNme", keys) == "friendlyName");  // three of nine
    CHECK(edgecert::nearest("subjekt", keys) == "subject");
    CHECK(edgecert::nearest("xy", keys).empty());  // nothing in common
    CHECK(edgecert::nearest("template", keys).empty());
    CHECK(edgecert::nearest("", keys).empty());
    CHECK(edgecert::nearest(std::string(100'000, 'a'), keys).empty());
    CHECK(edgecert::nearest("nams", {"sans", "names", "namz"}) == "names");
    CHECK(edgecert::nearest("aab", {"aac", "aad"}) == "aac");  // the first of equals
}
