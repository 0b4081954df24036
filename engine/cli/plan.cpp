// plan: what would change, why, in which order.
#include <nlohmann/json.hpp>

#include <string>

#include "engine/cli/addresses.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/cli/planning.h"
#include "engine/files/files.h"

namespace edgecert {
namespace {

int run_plan(const Options& options, Console& console) {
    const Plan plan = made_plan(options, console);
    if (!options.out.empty()) {
        save_plan(options.out, plan);
    }
    console.result(plan_in_form(plan, options, console));
    const int status = exit_status(plan);
    return status == 0 && options.detailed_exitcode && has_changes(plan) ? exit_changes : status;
}

}  // namespace

Command plan_command() {
    std::vector<OptionRow> rows = planning_rows();
    rows.push_back({.flags = "--detailed-exitcode",
                    .text = "exit status 2 when there are changes",
                    .into = &Options::detailed_exitcode});
    rows.push_back(format_row({"text", "json", "markdown"}));
    return {
        .name = "plan",
        .usage = "[OPTIONS] [PATH…]",
        .summary = "what would change, why, in which order",
        .description =
            "Reads the manifests, looks at every server and authority once, and shows each change with its "
            "reasons: + new, ~ changed, - removed, "
            "… waits. At the top of each pool stands which certificate serves now and what happens if "
            "nothing is done. Nothing is changed.\n\n"
            "A saved plan (--out) can be applied later, and is refused then if it no longer fits what is "
            "there. A plan made with --at or "
            "--observed is to look at only.",
        .options = std::move(rows),
        .examples = {{.line = "edgecert plan fleet", .text = "What `edgecert apply fleet` would do now."},
                     {.line = "edgecert plan fleet --out next.json && edgecert apply fleet --plan next.json",
                      .text = "Somebody else reads the plan before exactly that is done."},
                     {.line = "edgecert plan fleet --at 2027-01-01",
                      .text = "What will be due at the turn of the year."},
                     {.line = "edgecert plan fleet --observed now.json --format markdown",
                      .text = "The review of a change of manifests, where no server can be reached."}},
        .exits = {{.status = 0, .text = "planned; also when there are changes, unless --detailed-exitcode"},
                  {.status = 1,
                   .text = "it failed, or a server or an authority that is needed could not be reached; the "
                           "rest is shown"},
                  {.status = 2, .text = "there are changes (--detailed-exitcode)"},
                  {.status = 3, .text = "somebody has to act first; the plan says who"}},
        .run = run_plan};
}

}  // namespace edgecert
