// JSON holds UTF-8 only, and what is hashed has to survive a file: other bytes are escaped before the first
// hash.
#pragma once

#include <vector>

#include "engine/plan/plan.h"

namespace edgecert {

void clean(UnitPlan& unit);
void clean(PlanInputs& inputs);
void clean(std::vector<Diagnostic>& diagnostics);

}  // namespace edgecert
