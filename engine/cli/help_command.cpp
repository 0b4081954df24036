// help: the overview, one command's page, or the manual page.
#include <string>
#include <vector>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/help.h"

namespace edgecert {
namespace {

int run_help(const Options& options, Console& console) {
    if (options.man) {
        console.result(manual_page());
        return 0;
    }
    if (options.address.empty()) {
        console.result(help_overview());
        return 0;
    }
    const Command* command = find_command(options.address);
    if (command == nullptr) {
        std::vector<std::string> names;
        for (const Command& each : commands())
            names.emplace_back(each.name);
        const std::string meant = nearest(options.address, names);
        throw Error("usage",
                    "there is no command `" + options.address + "`",
                    meant.empty() ? "" : "did you mean `" + meant + "`?");
    }
    console.result(help_of(*command));
    return 0;
}

}  // namespace

Command help_command() {
    return {
        .name = "help",
        .usage = "[COMMAND]",
        .summary = "what the commands are, or how one is used",
        .description =
            "Without a command: the list of all of them, the forms of addresses and the exit statuses. With "
            "one: what it does, its "
            "options, examples, and what its exit statuses mean.",
        .options = {{.flags = "COMMAND",
                     .text = "the command to tell about",
                     .into = &Options::address,
                     .completes = Completes::command},
                    {.flags = "--man",
                     .text = "the manual page, as roff: `edgecert help --man | man -l -`",
                     .into = &Options::man}},
        .examples = {{.line = "edgecert help plan", .text = "How a plan is made, narrowed, saved and read."},
                     {.line = "edgecert help --man > edgecert.1", .text = "The manual page, for a package."}},
        .exits = {{.status = 0, .text = "the page was printed"},
                  {.status = 1, .text = "there is no such command"}},
        .run = run_help};
}

}  // namespace edgecert
