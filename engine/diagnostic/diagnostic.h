// What went wrong, where, and what would help: the one form of every error, warning and note.
#pragma once

#include <compare>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/shared_text.h"

namespace edgecert {

// A place in a manifest. line and column count from 1; column counts characters (code points), not bytes.
// line == 0: not a place in a file (file may still name one).
struct Source {
    SharedText file{};
    std::uint32_t line{};
    std::uint32_t column{};
    auto operator<=>(const Source&) const = default;
};

enum class Severity { error, warning, note };
[[nodiscard]] std::string_view to_text(Severity severity);

struct Diagnostic {
    Severity severity{Severity::error};
    std::string code{};  // stable, e.g. "unknown-key"; annotations allow warnings by it
    std::string text{};  // one sentence without the place
    Source where{};
    std::string excerpt{};  // the source line itself, as far as known
    std::string hint{};     // what would help, or a suggestion
    bool operator==(const Diagnostic&) const = default;
};

// The one exception. Thrown where nobody below the command, the unit or the node request can handle the
// failure.
class Error : public std::exception {
public:
    explicit Error(Diagnostic what);
    Error(std::string code, std::string text, std::string hint = {});
    [[nodiscard]] const Diagnostic& diagnostic() const noexcept { return diagnostic_; }
    [[nodiscard]] const char* what() const noexcept override { return diagnostic_.text.c_str(); }

private:
    Diagnostic diagnostic_;
};

// "path:line:column: error: text [code]", the line with a caret under the column (tabs and wide text kept
// aligned; a long line is cut around the caret, at most 120 columns), then "  hint: …". Ends with a line
// feed. Everything from outside passes printable(). `colour` adds ANSI colours.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, bool colour = false);

// The candidate nearest to `word`, or "" (Damerau-Levenshtein at most 2, or a third of its length if that is
// more, but 1 for three letters and fewer; ASCII case apart; something has to be in common; ties: first in
// order).
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace edgecert
