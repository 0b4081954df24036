// Options, and the help that tells of them.
#include "resources/windows_node/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert::windows {
namespace {

constexpr int longest_patience = 55;  // the controller waits a minute for an answer
constexpr std::array<std::string_view, 5> commands{"serve", "show", "selftest", "help", "version"};

[[noreturn]] void misused(const std::string& text) {
    throw Error("usage", text, "edgecert-node help");
}

// Part of names of stores in the registry.
bool is_prefix(const std::string& text) {
    return text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
           });
}

Seconds parse_patience(const std::string& text) {
    int seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, seconds);
    if (failure != std::errc{} || stopped != end || seconds < 1 || seconds > longest_patience) {
        misused("--patience takes seconds, 1 to " + std::to_string(longest_patience));
    }
    return Seconds{seconds};
}

void take_option(Arguments& arguments, const std::string& name, const std::string& value) {
    if (name == "--data") {
        arguments.data = value;
    } else if (name == "--stores") {
        if (!is_prefix(value)) {
            misused("--stores takes letters, digits and '-', at most 40");
        }
        arguments.stores = value;
    } else if (name == "--shell") {
        if (value != "Lync" && value != "SkypeForBusiness") {
            misused("--shell takes Lync or SkypeForBusiness, not \"" + printable(value, 64) + "\"");
        }
        arguments.module = value;
    } else if (name == "--powershell") {
        arguments.powershell = value;
    } else if (name == "--assign-with") {
        arguments.assign_with.push_back(value);
    } else if (name == "--patience") {
        arguments.patience = parse_patience(value);
    } else if (name == "--store") {
        arguments.store = value;
    } else {
        misused("there is no option " + printable(name, 64));
    }
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) {
    Arguments arguments;
    std::size_t at = 0;
    if (!words.empty() && !words.front().starts_with("-")) {
        arguments.command = words[at++];
        if (std::find(commands.begin(), commands.end(), arguments.command) == commands.end()) {
            misused("there is no command \"" + printable(arguments.command, 64) + "\"");
        }
    }
    for (; at < words.size(); at += 2) {
        if (words[at] == "--") {
            arguments.activate.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
            break;
        }
        if (at + 1 == words.size()) {
            misused("a value is missing after " + printable(words[at], 64));
        }
        take_option(arguments, words[at], words[at + 1]);
    }
    if (!arguments.module.empty() && !arguments.assign_with.empty()) {
        misused("roles are assigned by the shell or by a program, not by both");
    }
    return arguments;
}

const char* help_text() {
    return "edgecert-node: serves this Windows server's certificate stores to an edgecert controller.\n"
           "\n"
           "  edgecert-node [serve] [OPTIONS] [-- PROGRAM ARG...]   speaks the node's protocol on stdin and "
           "stdout\n"
           "  edgecert-node show [--store Root|CA|My|Request]       what the stores hold\n"
           "  edgecert-node selftest                                every operation, in stores of its own\n"
           "  edgecert-node version\n"
           "\n"
           "  --shell Lync|SkypeForBusiness   roles are read and set by Get-CsCertificate and "
           "Set-CsCertificate\n"
           "  --powershell FILE               the shell's program (powershell.exe)\n"
           "  --assign-with FILE              roles by a program: FILE list | assign ROLE THUMBPRINT | clear "
           "ROLE;\n"
           "                                  given again: its arguments\n"
           "  --patience SECONDS              how long the shell or the program may take (50)\n"
           "  --data FOLDER                   the node's own folder (%ProgramData%\\edgecert)\n"
           "  --stores PREFIX                 stores named PREFIXRoot, PREFIXCA, ... instead of the "
           "machine's\n"
           "  -- PROGRAM ARG...               run after an assignment, as it stands, without a shell\n"
           "\n"
           "Without --shell and --assign-with a role is a file, roles\\role-NAME.thumbprint in the node's "
           "folder.\n";
}

}  // namespace edgecert::windows
