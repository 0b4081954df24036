// Help as text: the overview, and one page a command, wrapped for a terminal.
#include "engine/cli/help.h"

#include <algorithm>
#include <string>

namespace edgecert {
namespace {

constexpr std::size_t page_width = 96;
constexpr std::size_t text_column = 26;

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) !=
               0x80U;  // UTF-8: continuation bytes take no column
    }));
}

// Appends `text` wrapped at word ends; the cursor stands at `column`, further lines begin at `indent`.
void wrap(std::string& page, std::string_view text, std::size_t indent, std::size_t column) {
    bool first = true;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty())
            continue;
        if (!first && column + 1 + width_of(word) > page_width) {
            page += "\n" + std::string(indent, ' ');
            column = indent;
            first = true;
        }
        if (!first) {
            page += ' ';
            ++column;
        }
        page += word;
        column += width_of(word);
        first = false;
    }
    page += '\n';
}

void add_row(std::string& page, const std::string& heading, std::string_view text) {
    page += "  " + heading;
    std::size_t column = 2 + width_of(heading);
    if (column + 2 > text_column) {
        page += '\n';
        column = 0;
    }
    page += std::string(text_column - column, ' ');
    wrap(page, text, text_column, text_column);
}

void add_paragraphs(std::string& page, std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find("\n\n"), text.size());
        wrap(page, text.substr(0, end), 0, 0);
        page += '\n';
        text.remove_prefix(std::min(end + 2, text.size()));
    }
}

}  // namespace

std::string option_heading(const OptionRow& row) {
    std::string heading;
    for (const char letter : row.flags) {
        heading += letter;
        if (letter == ',')
            heading += ' ';
    }
    if (!row.value.empty() && !row.positional())
        heading += " " + std::string{row.value};
    return heading;
}

std::string one_of(const std::vector<std::string_view>& choices) {
    std::string text;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        text += i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ";
        text += choices[i];
    }
    return text;
}

std::string option_text(const OptionRow& row) {
    const bool named = std::all_of(row.choices.begin(), row.choices.end(), [&row](std::string_view choice) {
        return row.text.find(choice) != std::string_view::npos;
    });
    return std::string{row.text} + (named ? "" : ": " + one_of(row.choices));
}

std::string_view purpose() {
    return "edgecert keeps the certificates of edge server pools as a set of manifests says: it looks at "
           "what the servers and the "
           "certificate authorities hold now, shows what would change and why, and carries out exactly that. "
           "When it has, there "
           "is nothing left to do until a certificate is due or somebody changes something.";
}

std::vector<Chapter> chapters() {
    return {
        {.title = "Addresses",
         .rows = {{.flags = "authority/contoso-issuing", .text = "a certificate authority"},
                  {.flags = "amsterdam", .text = "a site: all of its pools"},
                  {.flags = "ams-edge", .text = "a pool"},
                  {.flags = "ams-edge/edge01",
                   .text =
                       "a server of a pool; narrowed to it, a plan prepares it and never switches the pool"},
                  {.flags = "ams-edge/internal", .text = "a role or certificate of a pool"},
                  {.flags = "ams-edge/edge01/internal", .text = "a role or certificate on one server"}}},
        {.title = "Environment",
         .rows =
             {{.flags = "NO_COLOR", .text = "when set, no colour unless --color always"},
              {.flags = "XDG_STATE_HOME",
               .text =
                   "where run records are kept, under edgecert/runs; ~/.local/state when it is not set"}}},
        {.title = "Exit status",
         .rows = {{.flags = "0", .text = "done, or nothing to do"},
                  {.flags = "1",
                   .text = "it failed; what could be done elsewhere was done, and what failed is listed"},
                  {.flags = "2",
                   .text = "there are changes (plan --detailed-exitcode) or there is drift (drift)"},
                  {.flags = "3", .text = "nothing failed, and somebody has to act first"},
                  {.flags = "4", .text = "the saved plan no longer fits what is there: nothing was done"}}},
    };
}

std::string help_overview() {
    std::string page = "Usage: edgecert COMMAND [OPTIONS] [ARGUMENTS]\n\n";
    add_paragraphs(page, purpose());
    page += "Commands:\n";
    for (const Command& command : commands())
        add_row(page, std::string{command.name}, command.summary);
    page += "\nTo begin:\n";
    add_row(page, "edgecert init DIR", "writes a small set of manifests that works as it stands");
    add_row(page, "edgecert plan DIR", "shows what would change, and why");
    add_row(page, "edgecert apply DIR", "does it, after asking");
    for (const Chapter& chapter : chapters()) {
        page += "\n" + std::string{chapter.title} + ":\n";
        for (const OptionRow& row : chapter.rows)
            add_row(page, std::string{row.flags}, row.text);
    }
    page += "\n`edgecert help COMMAND` tells more of one, with examples.\n";
    return page;
}

std::string help_of(const Command& command) {
    const std::string name = "edgecert " + std::string{command.name};
    std::string page = name + ": ";
    wrap(page, command.summary, 0, name.size() + 2);
    page += "\nUsage: " + name + (command.usage.empty() ? "" : " ") + std::string{command.usage} + "\n\n";
    add_paragraphs(page, command.description);
    page += "Options:\n";
    for (const OptionRow& row : command.options)
        add_row(page, option_heading(row), option_text(row));
    add_row(page, option_heading(color_row()), color_row().text);
    add_row(page, "-h, --help", "this page");
    page += command.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
    for (const Example& example : command.examples) {
        page += "  " + std::string{example.line} + "\n      ";
        wrap(page, example.text, 6, 6);
    }
    page += "\nExit status:\n";
    for (const ExitMeaning& exit : command.exits) {
        page += "  " + std::to_string(exit.status) + "  ";
        wrap(page, exit.text, 5, 5);
    }
    return page;
}

}  // namespace edgecert
