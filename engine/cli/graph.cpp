// graph: the plan's steps and what comes before what, for a drawing program.
#include <string>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/planning.h"
#include "engine/report/render.h"

namespace edgecert {
namespace {

int run_graph(const Options& options, Console& console) {
    const Plan plan = made_plan(options, console);
    console.result(options.format == "mermaid" ? render_mermaid(plan) : render_dot(plan));
    return 0;
}

}  // namespace

Command graph_command() {
    std::vector<OptionRow> rows{paths_row(),
                                {.flags = "--at",
                                 .value = "TIME",
                                 .text = "the plan as of that time (RFC 3339)",
                                 .into = &Options::at},
                                {.flags = "--observed",
                                 .value = "FILE",
                                 .text = "the plan against what `edgecert observe` saved",
                                 .into = &Options::observed,
                                 .completes = Completes::file},
                                target_row(),
                                parallel_row(),
                                format_row({"dot", "mermaid"})};
    return {.name = "graph",
            .usage = "[OPTIONS] [PATH…]",
            .summary = "the plan's steps as a graph",
            .description = "An arrow goes from a step to each that has to wait for it.",
            .options = std::move(rows),
            .examples = {{.line = "edgecert graph fleet --target ams-edge | dot -Tsvg > plan.svg",
                          .text = "A picture of one pool's plan."}},
            .exits = {{.status = 0, .text = "drawn"}, {.status = 1, .text = "it failed"}},
            .run = run_graph};
}

}  // namespace edgecert
