// Targets: a plan narrowed to what somebody named on the command line.
#pragma once

#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// Drops steps outside inputs.targets. A pool or its site: all stays. A certificate or role: its steps and
// what they stand on. A server: what prepares it, never a step on a role, so that narrowing to a server never
// switches a pool (I3), or of that only what is for one certificate; steps that stand on something outside
// go too. Authority: nothing of a pool. What was dropped, but for waits.
std::vector<Step> narrow(Planning& planning);

}  // namespace edgecert
