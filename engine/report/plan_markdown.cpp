// A plan as Markdown (GitHub's and GitLab's dialects), for the review of a change.
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/head.h"
#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// Text of a plan is never markup: what could be is escaped, and a table's cell stays in its cell.
std::string plain(std::string_view text) {
    std::string result;
    for (const char c : printable(text, text.size() + 1)) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '@':
                result += "&#64;";  // mentions nobody
                break;
            default:
                if (std::string_view("\\`*_{}[]()#+!|~$").find(c) != std::string_view::npos) {
                    result += '\\';
                }
                result += c;
        }
    }
    return result;
}

std::string cell(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "<br>") + plain(line);
    }
    return text;
}

std::string why(const Step& step) {
    std::vector<std::string> lines;
    if (step.wait) {
        const std::string since = step.wait->since ? ", since " + to_rfc3339(*step.wait->since) : "";
        lines.push_back("for " + step.wait->on_whom + since);
        lines.push_back(step.wait->what_to_do);
    }
    for (const Reason& reason : step.reasons) {
        const std::string place = where(reason.where);
        lines.push_back(reason.text + " [" + reason.code + ", " + std::string(to_text(reason.cause)) + "]" +
                        (place.empty() ? "" : " " + place));
    }
    return cell(lines);
}

std::string changes_of(const Step& step) {
    std::vector<std::string> lines;
    for (const FieldChange& field : step.fields) {
        const std::string before = field.before.empty() ? "nothing" : field.before;
        const std::string after = field.after.empty() ? "nothing" : field.after;
        lines.push_back(field.name + ": " + (before == after ? before : before + " → " + after));
    }
    return cell(lines);
}

void add_unit(std::string& text, const UnitPlan& unit, const RenderOptions& options) {
    text += "\n### " + plain(title(unit)) + ": " + std::string(to_text(unit.overview.state)) + "\n\n";
    text += "| | |\n|---|---|\n";
    for (const HeadRow& row : head(unit, options, no_limit)) {
        const std::string name = row.urgent ? "**" + row.name + "**" : row.name;
        text += "| " + name + " | " + cell(row.lines) + " |\n";
    }
    if (unit.steps.empty()) {
        return;
    }
    text += "\n| | step | why | changes |\n|---|---|---|---|\n";
    for (const Step& step : unit.steps) {
        text += "| `" + std::string(sign(step)) + "` | " + plain(what(step));
        text += std::string(step.irreversible ? " **(cannot be undone)**" : "") + " | " + why(step) + " | ";
        text += changes_of(step) + " |\n";
    }
}

std::string diagnostics(const std::vector<Diagnostic>& all) {
    std::string text;
    for (const Diagnostic& one : all) {
        const std::string place = where(one.where);
        text += "- " + (place.empty() ? "" : plain(place) + ": ") + plain(one.text) + " " +
                plain("[" + one.code + "]");
        text += "\n";
    }
    return text.empty() ? "" : "\n### The manifests\n\n" + text;
}

}  // namespace

std::string render_markdown(const Plan& plan, const RenderOptions& options) {
    std::string text = "## edgecert plan\n\n**" + plain(sentence(count(plan), plan)) + ".**\n\n";
    text += "Plan `" + plan.id + "`, for " + to_rfc3339(plan.inputs.at);
    text += std::string(plan.to_look_at_only ? "; to look at, not to apply" : "") + ".\n";
    if (!plan.inputs.targets.empty()) {
        text += "Narrowed to " + plain(joined(plan.inputs.targets, no_limit)) + ".\n";
    }
    std::string converged;
    for (const UnitPlan& unit : plan.units) {
        if (is_converged(unit)) {
            converged +=
                "- " + plain(title(unit)) + ": " + plain(converged_line(unit.overview, options.now)) + "\n";
            for (const std::string& line : unreachable_row(unit.overview, no_limit).lines) {
                converged += "  - **unreachable** " + plain(line) + "\n";
            }
            for (const Diagnostic& one : unit.diagnostics) {
                converged += "  - " + plain(one.text + " [" + one.code + "]") + "\n";
            }
        } else {
            add_unit(text, unit, options);
        }
    }
    text += converged.empty() ? "" : "\n### Nothing to do\n\n" + converged;
    return text + diagnostics(plan.diagnostics);
}

}  // namespace edgecert
