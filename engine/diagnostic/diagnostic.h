// What went wrong, where, and what would help: the one form of every error, warning and note.
#pragma once

#include <compare>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace edgecert {

// A place in a manifest. line and column count from 1; column counts characters (code points), not bytes.
// line == 0: not a place in a file (file may still name one).
struct Source {
    std::string file{};
    std::uint32_t line{};
    std::uint32_t column{};
    auto operator<=>(const Source&) const = default;
};

enum class Severity { error, warning, note };

struct Diagnostic {
    Severity severity{Severity::error};
    std::string code{};     // stable, e.g. "unknown-key"; annotations allow warnings by it
    std::string text{};     // one sentence without the place
    Source where{};
    std::string excerpt{};  // the source line itself, as far as known
    std::string hint{};     // what would help, or a suggestion
    bool operator==(const Diagnostic&) const = default;
};

// The one exception. Thrown where nobody below the command, the unit or the node request can handle the failure.
class Error : public std::exception {
public:
    explicit Error(Diagnostic what);
    Error(std::string code, std::string text, std::string hint = {});
    [[nodiscard]] const Diagnostic& diagnostic() const noexcept { return diagnostic_; }
    [[nodiscard]] const char* what() const noexcept override { return diagnostic_.text.c_str(); }

private:
    Diagnostic diagnostic_;
};

// "path:line:column: error[code]: text", the line with a caret under the column (tabs and wide text kept aligned), then
// "  hint: …". Everything from outside passes printable(). `colour` adds ANSI colours.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, bool colour = false);

// The candidate nearest to `word` (Damerau-Levenshtein at most 2, or a third of its length; ties: first in order), or "".
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace edgecert
