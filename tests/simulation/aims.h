// Faults that wait for an action.
#pragma once

#include <cstdint>

#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

[[nodiscard]] Fault draw_aimed(Chance& chance, int points, bool disks);

// Pairs of an action and a fault that come together too seldom by themselves, and what brings the action
// about: from a stream of their own.
void draw_rare(std::uint64_t seed, Scenario& scenario);

}  // namespace edgecert::simulation
