// A plan as edgecert.plan/1: every field always, in a fixed order.
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/json_reader.h"
#include "engine/plan/plan.h"
#include "engine/plan/plan_json.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

ordered_json serving_to_json(const Serving& serving) {
    return {{"certificate", serving.certificate},
            {"roles", serving.roles},
            {"sha256", serving.sha256},
            {"sha1", serving.sha1},
            {"serial", serving.serial},
            {"names", serving.names},
            {"not_after", instant_or_null(serving.not_after)},
            {"servers", serving.servers},
            {"renewal_due", instant_or_null(serving.renewal_due)}};
}

ordered_json unreachable_to_json(const Unreachable& unreachable) {
    return {{"server", unreachable.server}, {"why", unreachable.why}, {"blocks", unreachable.blocks}};
}

template <class Value>
ordered_json list(const std::vector<Value>& values, ordered_json (*write)(const Value&)) {
    ordered_json result = ordered_json::array();
    for (const Value& value : values) {
        result.push_back(write(value));
    }
    return result;
}

// An empty map would become null.
template <class Map>
ordered_json object(const Map& map) {
    ordered_json result = ordered_json::object();
    for (const auto& [name, value] : map) {
        result[name] = value;
    }
    return result;
}

ordered_json unit_to_json(const UnitPlan& unit) {
    const Overview& overview = unit.overview;
    return {{"unit", overview.unit},
            {"title", overview.title},
            {"state", to_text(overview.state)},
            {"servers", overview.servers},
            {"serving", list(overview.serving, serving_to_json)},
            {"deadline", overview.deadline},
            {"deadline_at", instant_or_null(overview.deadline_at)},
            {"worst_moment", overview.worst_moment},
            {"unreachable", list(overview.unreachable, unreachable_to_json)},
            {"names_lost", overview.names_lost},
            {"names_gained", overview.names_gained},
            {"orders", object(overview.orders)},
            {"key_moves", overview.key_moves},
            {"roots_added", overview.roots_added},
            {"roots_removed", overview.roots_removed},
            {"way_back", overview.way_back},
            {"observed_at", instant_or_null(overview.observed_at)},
            {"clock_differences", overview.clock_differences},
            {"next_change", instant_or_null(overview.next_change)},
            {"notes", overview.notes},
            {"diagnostics", diagnostics_to_json(unit.diagnostics)}};
}

ordered_json inputs_to_json(const PlanInputs& inputs) {
    return {{"targets", inputs.targets},
            {"retry", inputs.retry},
            {"resubmit", inputs.resubmit},
            {"request_ids", object(inputs.request_ids)},
            {"until_installed", inputs.until_installed}};
}

ordered_json summary_to_json(const Counts& counts) {
    ordered_json steps = ordered_json::object();
    for (const Action action : all_actions()) {
        const auto found = counts.by_action.find(action);
        steps[std::string(to_text(action))] = found == counts.by_action.end() ? 0 : found->second;
    }
    return {{"pools", counts.pools},
            {"servers", counts.servers},
            {"certificates_to_issue", counts.issue},
            {"keys_moved", counts.keys_moved},
            {"steps", steps}};
}

ordered_json field_to_json(const FieldChange& field) {
    return {{"name", field.name}, {"before", field.before}, {"after", field.after}};
}

ordered_json expectation_to_json(const Expectation& expectation) {
    return {{"name", expectation.name}, {"fingerprint", expectation.fingerprint}};
}

ordered_json reason_to_json(const Reason& reason) {
    return {{"code", reason.code},
            {"text", reason.text},
            {"cause", to_text(reason.cause)},
            {"source", source_to_json(reason.where)}};
}

ordered_json wait_to_json(const std::optional<Wait>& wait) {
    if (!wait) {
        return nullptr;
    }
    return {{"kind", to_text(wait->kind)},
            {"code", wait->code},
            {"on_whom", wait->on_whom},
            {"since", instant_or_null(wait->since)},
            {"what_to_do", wait->what_to_do}};
}

}  // namespace

ordered_json source_to_json(const Source& source) {
    return {{"file", source.file.view()}, {"line", source.line}, {"column", source.column}};
}

ordered_json diagnostics_to_json(const std::vector<Diagnostic>& diagnostics) {
    ordered_json result = ordered_json::array();
    for (const Diagnostic& one : diagnostics) {
        result.push_back({{"severity", to_text(one.severity)},
                          {"code", one.code},
                          {"text", one.text},
                          {"source", source_to_json(one.where)},
                          {"excerpt", one.excerpt},
                          {"hint", one.hint}});
    }
    return result;
}

ordered_json step_to_json(const Step& step) {
    return {{"id", step.id},
            {"action", to_text(step.action)},
            {"unit", step.unit},
            {"server", step.server},
            {"role", step.role},
            {"certificate", step.certificate},
            {"object", step.object},
            {"summary", step.summary},
            {"irreversible", step.irreversible},
            {"reasons", list(step.reasons, reason_to_json)},
            {"fields", list(step.fields, field_to_json)},
            {"after", step.after},
            {"expects", list(step.expects, expectation_to_json)},
            {"wait", wait_to_json(step.wait)}};
}

ordered_json to_json(const Plan& plan) {
    ordered_json steps = ordered_json::array();
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            steps.push_back(step_to_json(step));
        }
    }
    return {{"format", "edgecert.plan/1"},
            {"id", plan.id},
            {"at", to_rfc3339(plan.inputs.at)},
            {"inputs", inputs_to_json(plan.inputs)},
            {"requirements", plan.requirements},
            {"to_look_at_only", plan.to_look_at_only},
            {"summary", summary_to_json(count(plan))},
            {"units", list(plan.units, unit_to_json)},
            {"steps", steps},
            {"diagnostics", diagnostics_to_json(plan.diagnostics)}};
}

}  // namespace edgecert
