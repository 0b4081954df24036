// Command: a row of the one table from which parsing, help, the man page and completion are made.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/cli/options.h"

namespace edgecert {

class Console;

// What the shell offers behind an option or in place of a positional.
enum class Completes { nothing, file, folder, address, authority, server, command };

struct OptionRow {
    std::string_view flags{};  // "-f,--file"; without dashes a positional, named as in the usage line
    std::string_view value{};  // what the value is called; empty: a switch
    std::string_view text{};
    std::variant<bool Options::*, std::string Options::*, int Options::*, std::vector<std::string> Options::*>
        into{};
    Completes completes{Completes::nothing};
    std::vector<std::string_view> choices{};
    bool required{};

    [[nodiscard]] bool positional() const { return !flags.starts_with('-'); }
};

struct Example {
    std::string_view line{};
    std::string_view text{};  // what it does, and when one wants it
};

struct ExitMeaning {
    int status{};
    std::string_view text{};
};

struct Command {
    std::string_view name{};
    std::string_view usage{};        // what follows the name: "[OPTIONS] [PATH…]"
    std::string_view summary{};      // one line, no full stop
    std::string_view description{};  // paragraphs, an empty line between them
    std::vector<OptionRow> options{};
    std::vector<Example> examples{};
    std::vector<ExitMeaning> exits{};
    int (*run)(const Options&, Console&){};  // the exit status; failures throw Error
    bool takes_rest{};                       // what follows "--" goes to Options::activation untouched
};

// All commands, in the order in which help shows them.
[[nodiscard]] const std::vector<Command>& commands();
[[nodiscard]] const Command* find_command(std::string_view name);

// Rows that many commands share.
[[nodiscard]] OptionRow paths_row();      // PATH…
[[nodiscard]] OptionRow manifests_row();  // -f PATH, for commands that take an ADDRESS
[[nodiscard]] OptionRow format_row(std::vector<std::string_view> choices);
[[nodiscard]] OptionRow target_row();  // --target, of what only looks
[[nodiscard]] OptionRow parallel_row();
[[nodiscard]] std::vector<OptionRow> planning_rows();  // what plan and apply both take
[[nodiscard]] OptionRow color_row();  // every command has it; added by the parser and by the help

// One file a command; each describes itself.
[[nodiscard]] Command init_command();
[[nodiscard]] Command validate_command();
[[nodiscard]] Command check_command();
[[nodiscard]] Command plan_command();
[[nodiscard]] Command apply_command();
[[nodiscard]] Command drift_command();
[[nodiscard]] Command status_command();
[[nodiscard]] Command observe_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command show_command();
[[nodiscard]] Command chain_command();
[[nodiscard]] Command request_command();
[[nodiscard]] Command export_command();
[[nodiscard]] Command import_command();
[[nodiscard]] Command graph_command();
[[nodiscard]] Command log_command();
[[nodiscard]] Command node_command();
[[nodiscard]] Command version_command();
[[nodiscard]] Command completion_command();
[[nodiscard]] Command help_command();

}  // namespace edgecert
