// Drift as text and as edgecert.drift/1.
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/plan/json_reader.h"
#include "engine/report/colours.h"
#include "engine/report/head.h"
#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t shown_names = 6;

std::string cause_words(const std::vector<Cause>& all) {
    std::string text;
    for (const Cause cause : all) {
        text += (text.empty() ? "" : ", ") + std::string(to_text(cause));
    }
    return text;
}

std::vector<Step> all_steps(const Plan& plan) {
    std::vector<Step> steps;
    for (const UnitPlan& unit : plan.units) {
        steps.insert(steps.end(), unit.steps.begin(), unit.steps.end());
    }
    return steps;
}

ordered_json causes_to_json(const CauseCounts& all) {
    return {{"manifest", all.manifest}, {"drift", all.drift}, {"time", all.time}, {"new", all.fresh}};
}

// `planned` is the unit as the plan's own JSON form has it.
ordered_json unit_to_drift(const UnitPlan& unit, const ordered_json& planned) {
    const Overview& overview = unit.overview;
    return {{"unit", overview.unit},
            {"title", overview.title},
            {"state", to_text(overview.state)},
            {"drifted", changes(unit) > 0},
            {"steps", changes(unit)},
            {"waits", waits(unit)},
            {"causes", causes_to_json(causes(unit.steps))},
            {"serving", planned["serving"]},
            {"unreachable", planned["unreachable"]},
            {"deadline", overview.deadline},
            {"deadline_at", instant_or_null(overview.deadline_at)},
            {"observed_at", instant_or_null(overview.observed_at)},
            {"next_change", instant_or_null(overview.next_change)},
            {"diagnostics", planned["diagnostics"]}};
}

void add_step(std::string& text, const Step& step, const RenderOptions& options) {
    text += "  " + std::string(sign(step)) + " " + (step.wait ? awaited(step) : what(step));
    if (step.wait) {
        text += "\n";
        return;
    }
    text += " " + coloured("[" + cause_words(causes(step)) + "]", Colour::yellow, options.colour) + "\n";
    for (const Reason& reason : step.reasons) {
        const std::string place = where(reason.where);
        text += "      " + printable(reason.text, 1024) + (place.empty() ? "" : " " + place) + "\n";
    }
}

void add_warnings(std::string& text, const UnitPlan& unit) {
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.severity != Severity::error) {
            text += std::string("  ") + (one.severity == Severity::warning ? "warning: " : "note: ") +
                    printable(one.text, 1024) + " [" + printable(one.code, 64) + "]\n";
        }
    }
}

void add_unit(std::string& text, const UnitPlan& unit, const RenderOptions& options) {
    text += coloured(printable(title(unit), 512), Colour::bold, options.colour) + ": ";
    if (is_converged(unit)) {
        text += converged_line(unit.overview, options.now) + "\n";
        add_warnings(text, unit);
        return;
    }
    text += std::string(to_text(unit.overview.state)) + "\n";
    add_warnings(text, unit);
    for (const Diagnostic& one : unit.diagnostics) {
        text += one.severity == Severity::error ? "  ! " + printable(one.text, 1024) + "\n" : "";
    }
    for (const Unreachable& one : unit.overview.unreachable) {
        text += "  ? " + printable(one.server, 128) + " cannot be read: " + printable(one.why, 512) + "\n";
    }
    for (const Step& step : unit.steps) {
        add_step(text, step, options);
    }
}

std::string counted(const CauseCounts& all) {
    std::string text;
    const auto add = [&text](int number, const std::string& name) {
        if (number > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + name;
        }
    };
    add(all.manifest, "by an edited manifest");
    add(all.drift, "by a changed store");
    add(all.time, "by time");
    add(all.fresh, "new");
    return text;
}

}  // namespace

std::string render_drift_text(const Plan& plan, const RenderOptions& options) {
    std::string text;
    int steps = 0;
    int waiting = 0;
    std::vector<const UnitPlan*> units;
    for (const UnitPlan& unit : plan.units) {
        steps += changes(unit);
        waiting += waits(unit);
        units.push_back(&unit);
        add_unit(text, unit, options);
    }
    text += text.empty() ? "" : "\n";
    std::vector<std::string> missing = unreached(units);
    for (const UnitPlan& unit : plan.units) {
        if (unit.overview.state == UnitState::failed) {
            missing.push_back(unit.overview.unit);
        }
    }
    std::string also = waiting > 0 ? "; " + plural(waiting, "wait") : "";
    also += missing.empty() ? "" : "; not compared: " + joined(missing, shown_names);
    if (steps == 0 && !missing.empty()) {
        return text + "No drift in what could be compared" + also + ".\n";
    }
    if (steps == 0) {
        return text + "No drift" + also + ".\n";
    }
    return text + "Drift: " + plural(steps, "step") + " (" + counted(causes(all_steps(plan))) + ")" + also +
           ".\n";
}

ordered_json drift_to_json(const Plan& plan) {
    const ordered_json planned = to_json(plan);
    ordered_json units = ordered_json::array();
    for (std::size_t i = 0; i < plan.units.size(); ++i) {
        units.push_back(unit_to_drift(plan.units[i], planned["units"][i]));
    }
    return {{"format", "edgecert.drift/1"},
            {"at", to_rfc3339(plan.inputs.at)},
            {"drifted", has_changes(plan)},
            {"causes", causes_to_json(causes(all_steps(plan)))},
            {"units", units},
            {"steps", planned["steps"]},
            {"diagnostics", planned["diagnostics"]}};
}

}  // namespace edgecert
