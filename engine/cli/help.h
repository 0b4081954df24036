// Help: the table of commands as text for a terminal, as a manual page, and as a completion script.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/command.h"

namespace edgecert {

[[nodiscard]] std::string help_overview();
[[nodiscard]] std::string help_of(const Command& command);
[[nodiscard]] std::string manual_page();  // roff, man(7) macros
[[nodiscard]] std::string bash_completion();

// What stands in the overview and in the manual page besides the commands.
struct Chapter {
    std::string_view title{};
    std::vector<OptionRow> rows{};  // only flags and text are used
};
[[nodiscard]] std::vector<Chapter> chapters();
[[nodiscard]] std::string_view purpose();  // what the program is for, in a paragraph

// "-f, --file PATH"
[[nodiscard]] std::string option_heading(const OptionRow& row);
// Its text, with the choices where the text does not name them: "…: text, json or markdown".
[[nodiscard]] std::string option_text(const OptionRow& row);
// "text, json or markdown"
[[nodiscard]] std::string one_of(const std::vector<std::string_view>& choices);

}  // namespace edgecert
