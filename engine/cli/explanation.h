// Explanation: what made a resource what it is, as a value, as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/fleet_units.h"
#include "engine/plan/plan.h"

namespace edgecert {

struct ExplainedField {
    std::string name{};
    std::string declared{};
    std::string observed{};  // "": there is nothing to compare with
    Source where{};          // line 0: the built-in default, or what followed from other fields
};

struct Explanation {
    std::string address{};
    std::string what{};  // "certificate internal of pool ams-edge"
    Source where{};
    std::vector<ExplainedField> fields{};
    std::vector<Step> steps{};  // with all their reasons
    std::vector<std::string> why_not_more{};
};

// Of what was looked at and the plan made on it.
[[nodiscard]] Explanation explain(const std::string& text,
                                  const Address& address,
                                  const FleetUnits& units,
                                  const Plan& plan);
[[nodiscard]] std::string to_text(const Explanation& explanation);
[[nodiscard]] nlohmann::ordered_json to_json(const Explanation& explanation);  // edgecert.explanation/1

}  // namespace edgecert
