// Explanation as text for people and as JSON.
#include <nlohmann/json.hpp>

#include "engine/cli/certificate_text.h"
#include "engine/cli/explanation.h"
#include "engine/cli/json.h"
#include "engine/plan/plan_json.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t field_width = 18;

std::string place(const Source& where) {
    return where.line == 0
               ? "default"
               : where.file.str() + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

std::string in_text(const Step& step) {
    std::string text = "  " + std::string{to_text(step.action)};
    if (!step.server.empty())
        text += " on " + step.server;
    text += ": " + printable(step.summary) + "  [" + short_id(step.id) + "]\n";
    for (const Reason& reason : step.reasons) {
        text += "    because " + printable(reason.text) + " [" + reason.code + ", " +
                std::string{to_text(reason.cause)} + "]";
        text += (reason.where.line == 0 ? "" : ", " + printable(place(reason.where))) + "\n";
    }
    for (const FieldChange& change : step.fields) {
        text += "    " + change.name + ": " +
                (change.before.empty() ? "(nothing)" : printable(change.before)) + " → " +
                (change.after.empty() ? "(nothing)" : printable(change.after)) + "\n";
    }
    for (const Expectation& each : step.expects)
        text += "    relies on " + printable(each.name) + " being " + short_id(each.fingerprint) + "\n";
    if (!step.after.empty())
        text += "    after " + std::to_string(step.after.size()) +
                (step.after.size() == 1 ? " other step\n" : " other steps\n");
    if (step.wait)
        text += "    waits for " + printable(step.wait->on_whom) +
                (step.wait->since ? " since " + to_rfc3339(*step.wait->since) : "") + "\n";
    return text;
}

}  // namespace

std::string to_text(const Explanation& explanation) {
    std::string text =
        explanation.address + (explanation.what.empty() ? "" : ": " + printable(explanation.what)) + "\n";
    if (explanation.where.line != 0)
        text += "declared at " + printable(place(explanation.where)) + "\n";
    if (!explanation.fields.empty())
        text += "\nWhat is declared, and what is there:\n";
    for (const ExplainedField& field : explanation.fields) {
        if (field.declared.empty())
            continue;
        text += line_of("  ",
                        field.name,
                        printable(field.declared) + "  (" + printable(place(field.where)) + ")",
                        field_width);
        if (!field.observed.empty())
            text += line_of("  ", "", "observed: " + printable(field.observed), field_width);
    }
    text += explanation.steps.empty() ? "\nNo step is planned.\n" : "\nWhat is planned, and why:\n";
    for (const Step& step : explanation.steps)
        text += in_text(step);
    if (!explanation.why_not_more.empty())
        text += "\nWhy not more:\n";
    for (const std::string& why : explanation.why_not_more)
        text += "  " + printable(why) + "\n";
    return text;
}

Json to_json(const Explanation& explanation) {
    Json json = {{"format", "edgecert.explanation/1"},
                 {"address", explanation.address},
                 {"what", explanation.what},
                 {"source", source_to_json(explanation.where)}};
    json["fields"] = Json::array();
    for (const ExplainedField& field : explanation.fields) {
        json["fields"].push_back({{"name", field.name},
                                  {"declared", field.declared},
                                  {"observed", field.observed},
                                  {"source", source_to_json(field.where)}});
    }
    json["steps"] = Json::array();
    for (const Step& step : explanation.steps)
        json["steps"].push_back(step_to_json(step));
    json["why_not_more"] = explanation.why_not_more;
    return json;
}

}  // namespace edgecert
