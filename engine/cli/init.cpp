// init: writes the quick start, which is built into the program from examples/quickstart.
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/quickstart.h"
#include "engine/files/files.h"

namespace edgecert {
namespace {

// All or nothing: a folder that already holds one of the files is left as it is.
void refuse_to_overwrite(const std::filesystem::path& folder) {
    for (const QuickstartFile& file : quickstart_files()) {
        std::error_code problem;
        const auto path = folder / file.name;
        if (std::filesystem::exists(std::filesystem::symlink_status(path, problem))) {
            throw Error(
                "exists", path.string() + " is already there; nothing was written", "give another folder");
        }
    }
}

int run_init(const Options& options, Console& console) {
    const std::filesystem::path folder = options.directory.empty() ? "." : options.directory;
    refuse_to_overwrite(folder);
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
        throw Error("not-writable",
                    "the folder " + folder.string() + " cannot be made: " + problem.message(),
                    "give another folder");
    }
    std::string written;
    for (const QuickstartFile& file : quickstart_files()) {
        write_file(folder / file.name, file.bytes);
        written += (folder / file.name).lexically_normal().string() + "\n";
    }
    console.result(written);
    const std::string where = options.directory.empty() ? "" : " " + options.directory;
    console.say("Read them, then: edgecert plan" + where + ", and: edgecert apply" + where);
    return 0;
}

}  // namespace

Command init_command() {
    return {.name = "init",
            .usage = "[DIR]",
            .summary = "writes a small, commented set of manifests that works as it stands",
            .description =
                "Two sites, three pools, SAN lists, and a certificate authority and stores that are folders "
                "beside the manifests: "
                "nothing outside DIR is touched, so that plan and apply can be tried at once. Nothing is "
                "overwritten.",
            .options = {{.flags = "DIR",
                         .text = "where to write; the current folder when none is given",
                         .into = &Options::directory,
                         .completes = Completes::folder}},
            .examples = {{.line = "edgecert init fleet && edgecert apply fleet",
                          .text = "From nothing to three converged pools, after asking."}},
            .exits = {{.status = 0, .text = "the manifests were written"},
                      {.status = 1,
                       .text = "one of the files is already there, or the folder cannot be written"}},
            .run = run_init};
}

}  // namespace edgecert
