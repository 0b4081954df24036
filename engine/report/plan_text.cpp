// A plan as text for people.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/colours.h"
#include "engine/report/head.h"
#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

constexpr std::size_t list_limit = 6;
constexpr std::size_t name_width = 15;

std::string padded(std::string text) {
    text.resize(std::max(text.size(), name_width), ' ');
    return text;
}

Colour colour_of(const Step& step) {
    const std::string_view mark = sign(step);
    if (mark == "+") {
        return Colour::green;
    }
    if (mark == "-") {
        return Colour::red;
    }
    return mark == "~" ? Colour::yellow : Colour::cyan;
}

std::string reason_line(const Reason& reason) {
    std::string text = printable(reason.text, 1024) + " [" + printable(reason.code, 64) + ", ";
    text += std::string(to_text(reason.cause)) + "]";
    const std::string place = where(reason.where);
    return text + (place.empty() ? "" : " " + place);
}

// For whom, since when, under which code; whom the summary has named already is not named again.
std::string wait_line(const Step& step) {
    const Wait& wait = *step.wait;
    const bool named = step.summary.find(wait.on_whom) != std::string::npos;
    std::string text = named ? "" : "for " + printable(wait.on_whom, 512);
    text += wait.since ? (named ? "since " : ", since ") + to_rfc3339(*wait.since) : "";
    return text + (text.empty() ? "[" : " [") + printable(wait.code, 64) + "]";
}

std::string shown(const std::string& value) {
    return value.empty() ? "nothing" : printable(value, 1024);
}

void add_step(std::string& text, const Step& step, const RenderOptions& options) {
    const std::string indent = "      ";
    const std::string mark = coloured(sign(step), colour_of(step), options.colour);
    text += "  " + mark + " " + what(step) + (step.irreversible ? " (cannot be undone)" : "") + "\n";
    if (step.wait) {
        const std::string line = wait_line(step);
        const std::string what_to_do = printable(step.wait->what_to_do, 1024);
        // A code alone is no line: it goes behind what to do.
        const bool bare = line.starts_with("[") && !what_to_do.empty();
        text += indent + (bare ? what_to_do + " " + line : line) + "\n";
        text += bare || what_to_do.empty() ? "" : indent + what_to_do + "\n";
    }
    for (const Reason& reason : step.reasons) {
        if (step.wait && reason.text == step.wait->what_to_do && where(reason.where).empty()) {
            continue;  // said in the line above
        }
        text += indent + coloured(reason_line(reason), Colour::faint, options.colour) + "\n";
    }
    if (!options.verbose) {
        return;
    }
    for (const FieldChange& field : step.fields) {
        text += indent + printable(field.name, 128) + ": " + shown(field.before);
        text += field.before == field.after ? "\n" : " → " + shown(field.after) + "\n";
    }
    text += indent + "step " + step.id + "\n";
}

void add_row(std::string& text, const HeadRow& row, const RenderOptions& options) {
    std::string name = padded(row.name);
    for (const std::string& line : row.lines) {
        text += "  " + coloured(name, row.urgent ? Colour::red : Colour::faint, options.colour) + line + "\n";
        name = padded("");
    }
}

// What there is to say of a unit that has nothing to do.
void add_warnings(std::string& text, const UnitPlan& unit, const RenderOptions& options) {
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.severity == Severity::error) {
            continue;
        }
        const bool warning = one.severity == Severity::warning;
        text +=
            "  " +
            coloured(
                padded(warning ? "warning" : "note"), warning ? Colour::red : Colour::faint, options.colour) +
            printable(one.text, 1024) + " [" + printable(one.code, 64) + "]\n";
    }
}

void add_unit(std::string& text, const UnitPlan& unit, const RenderOptions& options) {
    text += coloured(printable(title(unit), 512), Colour::bold, options.colour) + ": ";
    if (is_converged(unit)) {
        text += converged_line(unit.overview, options.now) + "\n";
        if (!options.verbose) {
            add_row(text, unreachable_row(unit.overview, list_limit), options);
            add_warnings(text, unit, options);
            return;
        }
    } else {
        text += std::string(to_text(unit.overview.state)) + "\n";
    }
    for (const HeadRow& row : head(unit, options, options.verbose ? no_limit : list_limit)) {
        add_row(text, row, options);
    }
    text += unit.steps.empty() ? "" : "\n";
    for (const Step& step : unit.steps) {
        add_step(text, step, options);
    }
}

std::string inputs_line(const Plan& plan) {
    std::vector<std::string> parts;
    const auto add = [&parts](const std::string& name, const std::vector<std::string>& addresses) {
        if (!addresses.empty()) {
            parts.push_back(name + " " + joined(addresses, no_limit));
        }
    };
    add("narrowed to", plan.inputs.targets);
    add("trying again", plan.inputs.retry);
    add("requesting anew", plan.inputs.resubmit);
    for (const auto& [address, id] : plan.inputs.request_ids) {
        parts.push_back("told that the request of " + address + " is " + id);
    }
    if (plan.inputs.until_installed) {
        parts.emplace_back("up to the installation, without assigning");
    }
    if (plan.to_look_at_only) {
        parts.push_back("as of " + to_rfc3339(plan.inputs.at) + ", to look at and not to apply");
    }
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : "; ") + printable(part);
    }
    return text.empty() ? "" : "This plan is " + text + ".\n";
}

}  // namespace

std::string render_text(const Plan& plan, const RenderOptions& options) {
    std::string text = inputs_line(plan);
    bool after_long = !text.empty();
    for (const UnitPlan& unit : plan.units) {
        // Converged units stand together, one line each; the others are set apart.
        const bool is_long = options.verbose || !is_converged(unit);
        text += !text.empty() && (after_long || is_long) ? "\n" : "";
        add_unit(text, unit, options);
        after_long = is_long;
    }
    text += text.empty() ? "" : "\n";
    const Counts counts = count(plan);
    if (std::all_of(plan.units.begin(), plan.units.end(), is_converged)) {
        return text + "Nothing to do: " + plural(counts.pools, "pool") + ", " +
               plural(counts.servers, "server") + ".\n";
    }
    return text + "Plan: " + sentence(counts, plan) + ".\n";
}

}  // namespace edgecert
