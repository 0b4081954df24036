// Pieces of the plan's JSON form that other reports use as well.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"

namespace edgecert {

[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

[[nodiscard]] nlohmann::ordered_json source_to_json(const Source& source);
[[nodiscard]] nlohmann::ordered_json diagnostics_to_json(const std::vector<Diagnostic>& diagnostics);
[[nodiscard]] nlohmann::ordered_json step_to_json(const Step& step);

// What a plan's JSON says, whether or not it is the plan that its id names: order, ids and summary are as
// read. For those who seal anew what somebody changed. Throws Error "bad-plan".
[[nodiscard]] Plan unsealed_plan_from_json(const nlohmann::ordered_json& parsed);

}  // namespace edgecert
