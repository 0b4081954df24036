// The manual page: the same table as the help, as roff with the man(7) macros.
#include <algorithm>
#include <string>

#include "engine/cli/help.h"

namespace edgecert {
namespace {

// Text of ours made safe for roff: no control line, no escape, hyphens that can be copied.
std::string roff(std::string_view text) {
    std::string safe;
    for (const char byte : text) {
        if (byte == '\\') {
            safe += "\\e";
        } else if (byte == '-') {
            safe += "\\-";
        } else if ((byte == '.' || byte == '\'') && (safe.empty() || safe.back() == '\n')) {
            safe += std::string{"\\&"} + byte;
        } else {
            safe += byte;
        }
    }
    return safe;
}

void add_paragraphs(std::string& page, std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find("\n\n"), text.size());
        page += ".PP\n" + roff(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 2, text.size()));
    }
}

void add_tagged(std::string& page, const std::string& tag, std::string_view text) {
    page += ".TP\n\\fB" + roff(tag) + "\\fR\n" + roff(text) + "\n";
}

std::string in_capitals(std::string_view text) {
    std::string capitals{text};
    std::transform(capitals.begin(), capitals.end(), capitals.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    return capitals;
}

void add_command(std::string& page, const Command& command) {
    page += ".SS \"edgecert " + roff(command.name) + (command.usage.empty() ? "" : " ") +
            roff(command.usage) + "\"\n";
    page += roff(command.summary) + ".\n";
    add_paragraphs(page, command.description);
    for (const OptionRow& row : command.options)
        add_tagged(page, option_heading(row), option_text(row));
    for (const Example& example : command.examples) {
        page += ".PP\nExample:\n.RS\n.PP\n.nf\n\\fB" + roff(example.line) + "\\fR\n.fi\n.PP\n" +
                roff(example.text) + "\n.RE\n";
    }
    page += ".PP\nExit status:\n";
    for (const ExitMeaning& exit : command.exits)
        add_tagged(page, std::to_string(exit.status), exit.text);
}

}  // namespace

std::string manual_page() {
    std::string page = ".TH EDGECERT 1 \"\" \"edgecert " EDGECERT_VERSION "\" \"User commands\"\n";
    page += ".SH NAME\nedgecert \\- desired state for the certificates of edge server pools\n";
    page += ".SH SYNOPSIS\n\\fBedgecert\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n";
    page += ".SH DESCRIPTION\n" + roff(purpose()) + "\n";
    page +=
        ".PP\nResults go to standard output, everything else to standard error. Every command also takes:\n";
    add_tagged(page, option_heading(color_row()), color_row().text);
    add_tagged(page, "-h, --help", "the command's own page");
    page += ".SH COMMANDS\n";
    for (const Command& command : commands())
        add_command(page, command);
    for (const Chapter& chapter : chapters()) {
        page += ".SH \"" + in_capitals(chapter.title) + "\"\n";
        for (const OptionRow& row : chapter.rows)
            add_tagged(page, std::string{row.flags}, row.text);
    }
    page += ".SH \"SEE ALSO\"\n\\fBssh\\fR(1), \\fBopenssl\\fR(1)\n";
    return page;
}

}  // namespace edgecert
