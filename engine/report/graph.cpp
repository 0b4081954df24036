// A plan's steps as a graph, for Graphviz and for Mermaid.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// The DOT language's quoted strings: backslash and quote are escaped (graphviz.org/doc/info/lang.html).
std::string dot_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : printable(text, 256)) {
        result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return result + "\"";
}

// Mermaid's entity codes; everything that it might read as its own is written so.
std::string mermaid_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : printable(text, 256)) {
        if (std::string_view("\"#;<>&`\\[]{}()|").find(c) != std::string_view::npos) {
            result += "#" + std::to_string(static_cast<int>(c)) + ";";
        } else {
            result += c;
        }
    }
    return result + "\"";
}

// "s3 -> s4;": steps are numbered, for waits may share an id.
std::string edges(const Plan& plan, std::string_view arrow, std::string_view end) {
    std::multimap<StepId, std::size_t> by_id;
    std::vector<const Step*> steps;
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            by_id.emplace(step.id, steps.size());
            steps.push_back(&step);
        }
    }
    std::string text;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const StepId& id : steps[i]->after) {
            const auto [first, last] = by_id.equal_range(id);
            for (auto from = first; from != last; ++from) {
                text += "  s" + std::to_string(from->second) + std::string(arrow);
                text += "s" + std::to_string(i) + std::string(end);
            }
        }
    }
    return text;
}

std::string label(const Step& step) {
    return std::string(sign(step)) + " " + what(step);
}

}  // namespace

std::string render_dot(const Plan& plan) {
    std::string text = "digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
    std::size_t number = 0;
    std::size_t cluster = 0;
    for (const UnitPlan& unit : plan.units) {
        if (unit.steps.empty()) {
            continue;
        }
        text += "  subgraph cluster_" + std::to_string(cluster++) + " {\n    label=" + dot_text(title(unit)) +
                ";\n";
        for (const Step& step : unit.steps) {
            text += "    s" + std::to_string(number++) + " [label=" + dot_text(label(step));
            text += step.action == Action::wait ? ", style=dashed" : "";
            text += std::string(step.irreversible ? ", peripheries=2" : "") + "];\n";
        }
        text += "  }\n";
    }
    return text + edges(plan, " -> ", ";\n") + "}\n";
}

std::string render_mermaid(const Plan& plan) {
    std::string text = "flowchart LR\n";
    std::size_t number = 0;
    std::size_t cluster = 0;
    for (const UnitPlan& unit : plan.units) {
        if (unit.steps.empty()) {
            continue;
        }
        text += "  subgraph u" + std::to_string(cluster++) + "[" + mermaid_text(title(unit)) + "]\n";
        for (const Step& step : unit.steps) {
            const bool wait = step.action == Action::wait;
            text += "    s" + std::to_string(number++) + (wait ? "([" : "[") + mermaid_text(label(step));
            text += wait ? "])\n" : "]\n";
        }
        text += "  end\n";
    }
    return text + edges(plan, " --> ", "\n");
}

}  // namespace edgecert
