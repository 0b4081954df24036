// version: which program this is.
#include <string>

#include "engine/cli/command.h"
#include "engine/cli/console.h"

namespace edgecert {
namespace {

int run_version(const Options& /*options*/, Console& console) {
    console.result("edgecert " EDGECERT_VERSION);
    return 0;
}

}  // namespace

Command version_command() {
    return {.name = "version",
            .summary = "which version this is",
            .description = "Prints the program's name and version on one line.",
            .examples = {{.line = "edgecert version", .text = "What to quote when you report something."}},
            .exits = {{.status = 0, .text = "always"}},
            .run = run_version};
}

}  // namespace edgecert
