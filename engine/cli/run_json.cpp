// What apply did, as JSON: each unit with what was done in it and the steps that are left.
#include "engine/cli/run_json.h"

#include <nlohmann/json.hpp>

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

Json step_to_json(const Step& step) {
    return {{"id", step.id},
            {"action", to_text(step.action)},
            {"server", step.server},
            {"role", step.role},
            {"certificate", step.certificate},
            {"summary", step.summary}};
}

Json record_to_json(const StepRecord& record) {
    Json json = step_to_json(record.step);
    json["result"] = to_text(record.result);
    json["started"] = record.result == StepResult::skipped || record.result == StepResult::vanished
                          ? Json(nullptr)
                          : Json(to_rfc3339(record.started));
    json["ended"] = json["started"].is_null() ? Json(nullptr) : Json(to_rfc3339(record.ended));
    json["code"] = record.why ? record.why->code : "";
    json["text"] = record.text;
    return json;
}

Json left_to_json(const Step& step) {
    Json json = step_to_json(step);
    json["waits_for"] = step.wait ? step.wait->on_whom : "";
    json["what_to_do"] = step.wait ? step.wait->what_to_do : "";
    return json;
}

}  // namespace

Json to_json(const Run& run) {
    Json json = {{"format", "edgecert.apply/1"},
                 {"plan", run.plan_id},
                 {"exit_status", run.exit_status()},
                 {"refused", run.refused},
                 {"refusal", run.refusal},
                 {"units", Json::array()}};
    for (const UnitRun& unit : run.units) {
        Json about = {{"unit", unit.unit},
                      {"result", to_text(unit.result)},
                      {"text", unit.text},
                      {"steps", Json::array()},
                      {"left", Json::array()}};
        for (const StepRecord& record : unit.records) {
            about["steps"].push_back(record_to_json(record));
        }
        for (const Step& step : unit.left.steps) {
            about["left"].push_back(left_to_json(step));
        }
        json["units"].push_back(std::move(about));
    }
    return json;
}

}  // namespace edgecert
