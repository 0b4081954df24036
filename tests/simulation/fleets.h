// What a scenario's fleet is drawn from.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

[[nodiscard]] std::vector<AuthorityPlan> draw_authorities(Chance& chance);
// `activating`: gets the directories of servers that run something after an assignment.
[[nodiscard]] Pool draw_pool(const std::string& name,
                             const std::vector<AuthorityPlan>& authorities,
                             Chance& chance,
                             std::set<std::string>& activating);

}  // namespace edgecert::simulation
