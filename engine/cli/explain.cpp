// explain: everything that made one step or resource what it is, and why not more is done.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/command.h"
#include "engine/cli/explanation.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"

namespace edgecert {
namespace {

constexpr std::size_t shortest_step_id = 8;

bool looks_like_step(const std::string& text) {
    return text.size() >= shortest_step_id && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A step's id, or the beginning of one, as plans print it.
std::vector<Step> steps_by_id(const Plan& plan, const std::string& id) {
    std::vector<Step> steps;
    for (const UnitPlan& unit : plan.units) {
        std::copy_if(unit.steps.begin(), unit.steps.end(), std::back_inserter(steps), [&](const Step& step) {
            return step.id.starts_with(id);
        });
    }
    return steps;
}

int run_explain(const Options& options, Console& console) {
    const Instant at = planning_time(options);
    Inspection inspection{options, console, at};
    const bool by_id =
        looks_like_step(options.address) && !inspection.fleet().sites.contains(options.address);
    Explanation explanation{.address = options.address};
    if (by_id) {
        static_cast<void>(inspection.look({}));
        const Plan plan = inspection.plan(PlanInputs{.at = at});
        explanation.steps = steps_by_id(plan, options.address);
        if (explanation.steps.empty())
            throw Error("unknown-address",
                        "no step of the present plan begins with `" + options.address + "`");
    } else {
        const Address address = parse_address(options.address, inspection.fleet());
        FleetUnits& units = inspection.look({options.address});
        explanation = explain(options.address, address, units, inspection.plan(PlanInputs{.at = at}));
        const auto site = inspection.fleet().sites.find(address.site);
        if (address.pool.empty() && site != inspection.fleet().sites.end()) {
            explanation.where = site->second;
        }
    }
    console.result(options.format == "json" ? text_of(to_json(explanation)) : to_text(explanation));
    return 0;
}

}  // namespace

Command explain_command() {
    return {.name = "explain",
            .usage = "[OPTIONS] ADDRESS",
            .summary = "everything that made one step or resource what it is",
            .description =
                "For an address: what is declared and in which line of which manifest, or that it is the "
                "default; what is observed; the steps "
                "that are planned with all of their reasons; and why not more is done. The id of a step (or "
                "its first digits), as `plan "
                "--format json` shows it, explains that step.",
            .options = {{.flags = "ADDRESS",
                         .text = "an address, or a step's id",
                         .into = &Options::address,
                         .completes = Completes::address,
                         .required = true},
                        {.flags = "--at",
                         .value = "TIME",
                         .text = "explains the plan as of that time (RFC 3339)",
                         .into = &Options::at},
                        manifests_row(),
                        parallel_row(),
                        format_row({"text", "json"})},
            .examples = {{.line = "edgecert explain ams-edge/internal",
                          .text = "Why this certificate is replaced, or why it is not."},
                         {.line = "edgecert explain ams-edge/internal --at 2027-01-01",
                          .text = "What will be done with it then, as far as is known now."}},
            .exits = {{.status = 0, .text = "explained"},
                      {.status = 1, .text = "the address is unknown, or nothing could be looked at"}},
            .run = run_explain};
}

}  // namespace edgecert
