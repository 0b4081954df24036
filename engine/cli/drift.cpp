// drift: observes and compares, changes nothing.
#include <nlohmann/json.hpp>

#include <string>

#include "engine/cli/addresses.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/cli/planning.h"
#include "engine/report/render.h"

namespace edgecert {
namespace {

std::string in_form(const Plan& plan, const std::string& format, const Console& console) {
    if (format == "json") {
        return text_of(drift_to_json(plan));
    }
    if (format == "prometheus") {
        return render_drift_prometheus(plan);
    }
    if (format == "junit") {
        return render_drift_junit(plan);
    }
    return render_drift_text(plan, {.colour = console.colour_in_result(), .now = plan.inputs.at});
}

int run_drift(const Options& options, Console& console) {
    const Instant now = system_time();
    Inspection inspection{options, console, now};
    const PlanInputs inputs = inputs_of(options, inspection.fleet(), now);
    static_cast<void>(inspection.look(inputs.targets));
    const Plan plan = inspection.plan(inputs);
    console.result(in_form(plan, options.format, console));
    const int status = exit_status(plan);
    return status == 0 && has_changes(plan) ? exit_changes : status;
}

}  // namespace

Command drift_command() {
    return {.name = "drift",
            .usage = "[OPTIONS] [PATH…]",
            .summary = "observes and compares, changes nothing",
            .description =
                "What differs from the manifests now, by cause: somebody changed a server (drift), the "
                "manifests (manifest), a certificate is due (time), "
                "or something is new. For a timer: `prometheus` for a node exporter's text file, `junit` for "
                "a CI's report.",
            .options = {paths_row(),
                        target_row(),
                        parallel_row(),
                        format_row({"text", "json", "prometheus", "junit"})},
            .examples = {{.line = "edgecert drift fleet --format prometheus > edgecert.prom",
                          .text = "From a timer, for monitoring."}},
            .exits = {{.status = 0, .text = "everything is as declared"},
                      {.status = 1, .text = "a server, or an authority it needs, was not reached; it failed"},
                      {.status = 2, .text = "there is drift: something would be changed, whatever its cause"},
                      {.status = 3, .text = "somebody has to act first"}},
            .run = run_drift};
}

}  // namespace edgecert
