// Console: the process's standard streams. Results go out whole and checked, words to people go to stderr,
// questions to a terminal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/secret.h"

namespace edgecert {

class Console final {
public:
    // `color`: auto, always or never; auto looks at the terminal and at NO_COLOR.
    explicit Console(std::string_view color);
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    ~Console() = default;

    // To stdout, all of it, a final line feed added. Throws Error "cannot-write" (a full disk must not look
    // like success).
    void result(std::string_view text) const;
    // To stderr. What came from a far side has passed printable() before.
    void say(const std::string& text) const;
    void show(const Diagnostic& diagnostic) const;
    void show(std::span<const Diagnostic> diagnostics) const;

    [[nodiscard]] bool colour_in_result() const { return colour_in_result_; }
    [[nodiscard]] bool colour_in_words() const { return colour_in_words_; }
    [[nodiscard]] bool live() const { return live_; }        // stderr is a terminal that can redraw a line
    [[nodiscard]] bool can_ask() const { return can_ask_; }  // stdin and stderr are terminals

    // One line from the terminal; empty at its end.
    [[nodiscard]] std::string ask(const std::string& question) const;
    // Without echo. Throws Error "no-terminal", "interrupted".
    [[nodiscard]] Secret ask_secret(const std::string& question) const;

private:
    bool colour_in_result_{};
    bool colour_in_words_{};
    bool live_{};
    bool can_ask_{};
};

}  // namespace edgecert
