// log: run records, all of them or one.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "engine/apply/run_log.h"
#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/json.h"
#include "engine/cli/records.h"
#include "engine/report/render.h"

namespace edgecert {
namespace {

int run_log(const Options& options, Console& console) {
    const bool json = options.format == "json";
    if (runs_folder().empty())
        throw Error("no-home",
                    "neither XDG_STATE_HOME nor HOME names a folder, so there are no run records to show");
    if (!options.address.empty()) {
        const RunLog run = read_run(runs_folder(), options.address);
        console.result(json ? text_of(to_json(run)) : render_text(run));
        return 0;
    }
    const std::vector<RunLog> runs = list_runs(runs_folder());
    if (json) {
        console.result(text_of(to_json(runs)));
        return 0;
    }
    console.result(render_text(runs));
    return 0;
}

}  // namespace

Command log_command() {
    return {
        .name = "log",
        .usage = "[OPTIONS] [RUN]",
        .summary = "run records: who, when, what, outcome",
        .description =
            "Every apply, export, import and cancelled request leaves a record of JSON lines under "
            "$XDG_STATE_HOME/edgecert/runs. They are for "
            "people: nothing that edgecert decides depends on them.",
        .options = {{.flags = "RUN",
                     .text =
                         "one run: its name, a beginning of it, or `last`; all runs without it, newest first",
                     .into = &Options::address},
                    format_row({"text", "json"})},
        .examples = {{.line = "edgecert log last", .text = "What the last run did, step by step."}},
        .exits = {{.status = 0, .text = "shown"}, {.status = 1, .text = "there is no such run"}},
        .run = run_log};
}

}  // namespace edgecert
