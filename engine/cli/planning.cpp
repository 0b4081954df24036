// How the commands come by a plan, show it and save it.
#include "engine/cli/planning.h"

#include <nlohmann/json.hpp>

#include "engine/cli/addresses.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/files/files.h"
#include "engine/report/render.h"

namespace edgecert {
namespace {

constexpr std::size_t largest_plan = 256U << 20U;
constexpr mode_t private_file = 0600;

}  // namespace

Plan made_plan(const Options& options, const Console& console) {
    const Instant at = planning_time(options);
    if (!options.observed.empty()) {
        const Declared what = declared(options, at, console);
        x509::CertificateCache certificates;
        return plan_observed(
            what, read_observation(options.observed, certificates), inputs_of(options, what.fleet, at));
    }
    Inspection inspection{options, console, at};
    const PlanInputs inputs = inputs_of(options, inspection.fleet(), at);
    static_cast<void>(inspection.look(inputs.targets));
    Plan plan = inspection.plan(inputs);
    plan.to_look_at_only = !options.at.empty();
    return plan;
}

std::string plan_in_form(const Plan& plan, const Options& options, const Console& console) {
    const RenderOptions how{.colour = console.colour_in_result(),
                            .verbose = options.verbose,
                            .now = plan.inputs.at,
                            .for_another_date = !options.at.empty()};
    if (options.format == "json") {
        return text_of(to_json(plan));
    }
    if (options.format == "markdown") {
        return render_markdown(plan, how);
    }
    return render_text(plan, how);
}

void save_plan(const std::string& path, const Plan& plan) {
    write_result(path, text_of(to_json(plan)), "edgecert.plan/", private_file);
}

Plan read_plan(const std::string& path) {
    const std::string bytes = read_file(path, largest_plan);
    return naming(path, [&bytes] { return plan_from_json(bytes); });
}

}  // namespace edgecert
