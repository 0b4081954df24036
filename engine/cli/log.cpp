// log: run records, all of them or one.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "engine/apply/run_log.h"
#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/json.h"
#include "engine/cli/records.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

std::string outcome_of(const RunLog& run) {
    if (!run.exit_status) {
        return "cut off";
    }
    std::string text = "exit " + std::to_string(*run.exit_status);
    if (run.done > 0) {
        text += ", " + std::to_string(run.done) + " done";
    }
    if (run.waiting > 0) {
        text += ", " + std::to_string(run.waiting) + " waiting";
    }
    if (run.failed > 0) {
        text += ", " + std::to_string(run.failed) + " failed";
    }
    return text;
}

std::string head_of(const RunLog& run) {
    return run.name + "  " + to_rfc3339(run.begun) + "  " + printable(run.who) + "  " +
           printable(run.command) + "  " + outcome_of(run) + "\n";
}

std::string in_text(const RunLog& run) {
    std::string text = head_of(run);
    if (!run.plan_id.empty()) {
        text += "  plan " + printable(run.plan_id) + "\n";
    }
    for (const RunEvent& event : run.events) {
        text += "  " + to_rfc3339(event.at) + "  " + printable(event.event);
        for (const std::string* part : {&event.unit, &event.summary, &event.outcome, &event.text}) {
            if (!part->empty()) {
                text += "  " + printable(*part);
            }
        }
        text += "\n";
    }
    if (run.unreadable > 0) {
        text += "  " + std::to_string(run.unreadable) + " lines could not be read\n";
    }
    return text;
}

int run_log(const Options& options, Console& console) {
    const bool json = options.format == "json";
    if (!options.address.empty()) {
        const RunLog run = read_run(runs_folder(), options.address);
        console.result(json ? text_of(to_json(run)) : in_text(run));
        return 0;
    }
    const std::vector<RunLog> runs = list_runs(runs_folder());
    if (json) {
        console.result(text_of(to_json(runs)));
        return 0;
    }
    std::string text;
    for (const RunLog& run : runs) {
        text += head_of(run);
    }
    console.result(text.empty() ? "no runs yet" : text);
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
