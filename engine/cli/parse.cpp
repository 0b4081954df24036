// From argv to a command and its options: finds the command, builds a CLI11 parser of its rows, suggests what
// was meant.
#include "engine/cli/parse.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "engine/cli/help.h"
#include "engine/diagnostic/diagnostic.h"

namespace edgecert {
namespace {

Error usage(const std::string& text, std::string_view command, const std::string& meant) {
    std::string hint = meant.empty() ? std::string{} : "did you mean `" + meant + "`? ";
    hint += command.empty() ? "`edgecert help` lists the commands"
                            : "`edgecert help " + std::string{command} + "` shows how";
    return {"usage", command.empty() ? text : std::string{command} + ": " + text, hint};
}

const Command& command_named(const std::string& name) {
    if (const Command* command = find_command(name))
        return *command;
    std::vector<std::string> names;
    for (const Command& command : commands())
        names.emplace_back(command.name);
    throw usage("there is no command `" + name + "`", "", nearest(name, names));
}

std::vector<std::string> long_flags(const std::vector<OptionRow>& rows) {
    std::vector<std::string> flags;
    for (const OptionRow& row : rows) {
        if (const auto at = row.flags.find("--"); at != std::string_view::npos)
            flags.emplace_back(row.flags.substr(at));
    }
    return flags;
}

// CLI11 binds a row to its field; one value each for options, all of them for a positional list.
void add_row(CLI::App& app, const OptionRow& row, Options& options) {
    const std::string flags =
        row.positional() ? "argument" + std::to_string(app.get_options().size()) : std::string{row.flags};
    const std::string text{row.text};
    CLI::Option* option = nullptr;
    if (const auto* flag = std::get_if<bool Options::*>(&row.into)) {
        option = app.add_flag(flags, options.**flag, text);
    } else if (const auto* word = std::get_if<std::string Options::*>(&row.into)) {
        option = app.add_option(flags, options.**word, text)->allow_extra_args(false);
    } else if (const auto* number = std::get_if<int Options::*>(&row.into)) {
        option = app.add_option(flags, options.**number, text)->check(CLI::Range(1, 256));
    } else if (const auto* list = std::get_if<std::vector<std::string> Options::*>(&row.into)) {
        option = app.add_option(flags, options.**list, text)->allow_extra_args(row.positional());
    }
    if (!row.choices.empty()) {
        option->check([choices = row.choices](const std::string& word) {
            const bool known = std::find(choices.begin(), choices.end(), word) != choices.end();
            if (known) {
                return std::string{};
            }
            return choices.size() == 1 ? "`" + word + "` is unknown here: it takes only `" +
                                             std::string(choices.front()) + "`"
                                       : "`" + word + "` is not " + one_of(choices);
        });
    }
    option->option_text(row.positional() ? std::string{row.flags} : std::string{row.value});
}

void require_rows(const Command& command, const CLI::App& app) {
    const auto& bound = app.get_options();
    for (std::size_t i = 0; i < command.options.size(); ++i) {
        const OptionRow& row = command.options[i];
        if (row.required && bound[i]->count() == 0) {
            const std::string what = row.positional() ? std::string{row.flags}
                                                      : std::string{row.flags} + " " + std::string{row.value};
            throw usage(what + " is missing", command.name, "");
        }
    }
}

std::vector<std::string> cut_rest(std::vector<std::string>& arguments) {
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (dashes == arguments.end())
        return {};
    std::vector<std::string> rest(std::make_move_iterator(dashes + 1),
                                  std::make_move_iterator(arguments.end()));
    arguments.erase(dashes, arguments.end());
    return rest;
}

// CLI11 calls what has no flag by the name that add_row gave it, which nobody has seen.
std::string in_words(const CLI::ParseError& error, const std::vector<OptionRow>& rows) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string name = "argument" + std::to_string(i) + ":";
        if (text.starts_with(name))
            text.replace(0, name.size(), std::string{rows[i].flags} + ":");
    }
    return text;
}

void read_rows(const Command& command, std::vector<std::string> arguments, Parsed& parsed) {
    CLI::App app;
    app.set_help_flag("");
    app.allow_extras(true);
    std::vector<OptionRow> rows = command.options;
    rows.push_back(color_row());
    for (const OptionRow& row : rows)
        add_row(app, row, parsed.options);
    app.add_flag("-h,--help", parsed.help);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them so
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        if (parsed.help)
            return;
        throw usage(in_words(error, rows), command.name, "");
    }
    if (parsed.help)
        return;
    if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) {
        const bool flag = extra.front().starts_with('-');
        const std::string meant =
            flag ? nearest(extra.front().substr(0, extra.front().find('=')), long_flags(rows)) : "";
        throw usage((flag ? "unknown option `" : "one argument too many: `") + extra.front() + "`",
                    command.name,
                    meant);
    }
    require_rows(command, app);
}

}  // namespace

Parsed parse(std::vector<std::string> arguments) {
    Parsed parsed;
    if (!arguments.empty() && arguments.front() == "--version")
        arguments.front() = "version";
    if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") {
        parsed.command = find_command("help");
        return parsed;
    }
    if (arguments.front().starts_with('-'))
        throw usage("the command comes first, not `" + arguments.front() + "`", "", "");
    const Command& command = command_named(arguments.front());
    arguments.erase(arguments.begin());
    parsed.command = &command;
    if (command.takes_rest)
        parsed.options.activation = cut_rest(arguments);
    read_rows(command, std::move(arguments), parsed);
    return parsed;
}

}  // namespace edgecert
