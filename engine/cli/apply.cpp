// apply: plans, shows, asks, carries out exactly that, and says what is left.
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>

#include "engine/apply/executor.h"
#include "engine/apply/fan_out.h"
#include "engine/apply/run_record.h"
#include "engine/cli/addresses.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/cli/planning.h"
#include "engine/cli/records.h"
#include "engine/cli/run_json.h"
#include "engine/cli/signals.h"
#include "engine/plan/fresh_words.h"
#include "engine/report/render.h"

namespace edgecert {
namespace {

// Options that make another plan than the one that is to be applied.
void refuse_contradictions(const Options& options) {
    if (!options.at.empty() || !options.observed.empty()) {
        throw Error("plan-to-look-at-only",
                    "a plan made with --at or --observed is to look at, not to apply; nothing was done");
    }
    const bool narrowed = !options.targets.empty() || !options.retry.empty() || !options.resubmit.empty() ||
                          !options.request_ids.empty() || !options.until.empty() || !options.out.empty();
    if (!options.plan.empty() && narrowed) {
        throw Error("usage",
                    "--plan applies exactly the saved plan, whose --target, --retry, --resubmit, "
                    "--request-id and --until are in it",
                    "give them to `edgecert plan` instead");
    }
}

// The saved plan, if the manifests still mean what they meant; nullopt: they do not, which was said.
std::optional<Plan> fitting_saved_plan(const Options& options, const Fleet& fleet, const Console& console) {
    Plan plan = read_plan(options.plan);
    if (plan.to_look_at_only) {
        throw Error(
            "plan-to-look-at-only",
            options.plan +
                " was made with --at or --observed: it is to look at, not to apply; nothing was done");
    }
    if (plan.requirements == requirements_digest(fleet)) {
        return plan;
    }
    console.show(Diagnostic{.code = "plan-misfit",
                            .text = "the manifests no longer mean what they meant when " + options.plan +
                                    " was made; nothing was done",
                            .hint = "make a new plan"});
    return std::nullopt;
}

bool approved(const Options& options, const Console& console) {
    if (options.yes) {
        return true;
    }
    if (!console.can_ask()) {
        throw Error("no-terminal",
                    "nobody can be asked without a terminal; nothing was done",
                    "--yes applies without asking");
    }
    const std::string answer = console.ask("\nDo you want this to be done? Only 'yes' is accepted: ");
    if (answer == "yes") {
        return true;
    }
    console.say("Nothing was done.");
    return false;
}

std::optional<Seconds> wait_of(const Options& options) {
    if (options.wait.empty()) {
        return std::nullopt;
    }
    if (const auto span = parse_duration(options.wait)) {
        return span;
    }
    throw Error("usage", "--wait: `" + options.wait + "` is no duration", "for example 90m, 36h or 2d");
}

std::uint64_t seed_of(World& world) {
    std::uint64_t seed = 0;
    for (const char byte : world.random_bytes(sizeof seed)) {
        seed = (seed << 8U) | static_cast<unsigned char>(byte);
    }
    return seed;
}

// Somebody may have read the plan for hours before they said yes: what was seen before that is no ground to
// act on.
constexpr Seconds still_fresh{60};

Run carry_out(Inspection& inspection,
              const FleetUnits& units,
              const Plan& plan,
              const Options& options,
              Instant looked) {
    World& world = inspection.world();
    const Console& console = inspection.console();
    RunRecord record{runs_folder(),
                     RunStart{.who = user_at_host(), .command = "apply", .plan_id = plan.id},
                     world.clock(),
                     [&console](const std::string& warning) { console.say(warning); }};
    const Instant now = world.clock().now();
    const ApplyOptions how{.observed = looked <= now && now - looked < still_fresh,
                           .parallel = options.parallel,
                           .wait = wait_of(options),
                           .seed = seed_of(world)};
    const StopOnSignal stopping;
    const auto shown = make_progress(console, world.clock());
    FanOut progress{{shown.get(), &record}};
    Run run = apply(units.all(), plan, how, world.clock(), progress, stop_request());
    if (run.refused) {
        record.note("nothing was done, the plan no longer fits: " + run.refusal);
    }
    record.end(run.exit_status());
    return run;
}

int run_apply(const Options& options, Console& console) {
    refuse_contradictions(options);
    static_cast<void>(wait_of(options));
    const SayNothingWasDone before;
    Inspection inspection{options, console, system_time()};
    std::optional<Plan> plan;
    if (!options.plan.empty()) {
        plan = fitting_saved_plan(options, inspection.fleet(), console);
        if (!plan) {
            return exit_misfit;
        }
    }
    const PlanInputs inputs =
        plan ? plan->inputs : inputs_of(options, inspection.fleet(), planning_time(options));
    const Instant looked = inspection.world().clock().now();
    const FleetUnits& units = inspection.look(inputs.targets);
    const Plan fresh = inspection.plan(inputs);
    if (!plan) {
        plan = fresh;
    }
    if (!options.out.empty()) {
        save_plan(options.out, *plan);
    }
    const bool json = options.format == "json";
    const RenderOptions how{.colour = json ? console.colour_in_words() : console.colour_in_result(),
                            .verbose = options.verbose,
                            .now = system_time()};
    const Plan shown = with_fresh_words(*plan, fresh);
    if (json) {
        console.say(render_text(shown, how));
    } else {
        console.result(render_text(shown, how));
    }
    if (has_changes(shown) && !approved(options, console)) {
        return exit_failed;
    }
    const Run run = carry_out(inspection, units, *plan, options, looked);
    console.result(json ? text_of(to_json(run)) : render_text(run, how));
    return run.exit_status();
}

}  // namespace

Command apply_command() {
    std::vector<OptionRow> rows = planning_rows();
    rows.push_back(
        {.flags = "--plan",
         .value = "FILE",
         .text = "applies exactly this saved plan; the manifests are read too and must mean the same",
         .into = &Options::plan,
         .completes = Completes::file});
    rows.push_back(
        {.flags = "--yes", .text = "does not ask; needed where there is no terminal", .into = &Options::yes});
    rows.push_back(
        {.flags = "--wait",
         .value = "DURATION",
         .text = "polls authorities that work on a request this long (90m, 36h, 2d) before it ends with 3",
         .into = &Options::wait});
    rows.push_back(format_row({"text", "json"}));
    return {
        .name = "apply",
        .usage = "[OPTIONS] [PATH…]",
        .summary = "plans, shows, asks, does it, looks again",
        .description =
            "Carries out the plan it has shown and nothing else: after each step the place is looked at "
            "again and the plan is made anew, and what "
            "does not fit the approved one stops that pool. Authorities first, then pools in parallel; in a "
            "pool the chain before the "
            "certificate, everywhere installed before anywhere assigned.\n\n"
            "Ctrl-C once finishes or abandons the running step cleanly and says what was done; twice ends at "
            "once. Whatever interrupts it, "
            "the same plan can be applied again. A record of the run is kept; `edgecert log` shows it.",
        .options = std::move(rows),
        .examples = {{.line = "edgecert apply fleet", .text = "Shows the plan and asks."},
                     {.line = "edgecert apply fleet --until installed",
                      .text = "In the afternoon: all is prepared, nothing is switched."},
                     {.line = "edgecert apply fleet --plan next.json --yes",
                      .text = "At night: exactly what was approved by day."},
                     {.line = "edgecert apply fleet --wait 2h --yes",
                      .text = "From a timer, with an authority whose officer is quick."}},
        .exits = {{.status = 0, .text = "done, or there was nothing to do"},
                  {.status = 1,
                   .text = "something failed or was not approved; what could be done elsewhere was done"},
                  {.status = 3,
                   .text =
                       "nothing failed, and somebody has to act first; the same command goes on afterwards"},
                  {.status = 4,
                   .text =
                       "the saved plan no longer fits what is there, in any of its units: nothing was done"},
                  {.status = 130,
                   .text = "interrupted before the first step, or stopped at once by a second Ctrl-C; the "
                           "next apply goes on"}},
        .run = run_apply};
}

}  // namespace edgecert
