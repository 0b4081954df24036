// Pairs of an action and a fault that comes while it runs.
#pragma once

#include <string>

#include "tests/simulation/statistics.h"

namespace edgecert::simulation {

// Can this go wrong while the action runs? CAs are asked behind most steps, for what they were sent before.
// `wait`: while nothing runs, between steps.
[[nodiscard]] bool can_meet(Action action, FaultKind kind);
[[nodiscard]] std::string name_of(Action action);
// The pairs that can be met, those that were, and by name those that were not.
void print_coverage(const Statistics& statistics);

}  // namespace edgecert::simulation
