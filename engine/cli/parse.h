// From argv to a command and its options, by the table; wrong usage is an Error that says what would be
// right.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/command.h"

namespace edgecert {

struct Parsed {
    const Command* command{};  // never null
    Options options{};
    bool help{};  // --help was given: show the command's help, run nothing
};

// `arguments` without the program's name. None at all: the command help. Throws Error "usage".
[[nodiscard]] Parsed parse(std::vector<std::string> arguments);

}  // namespace edgecert
