// A life: one scenario lived through with the real planner, units and executor, and judged.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/simulation/judge.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/statistics.h"
#include "tests/support/mint.h"

namespace edgecert::simulation {

// What was violated first, if anything. `tell` gets the story, line by line; empty: nobody listens.
[[nodiscard]] std::optional<Violation> live(const Scenario& scenario,
                                            Mint& mint,
                                            Statistics& statistics,
                                            const std::function<void(const std::string&)>& tell);

}  // namespace edgecert::simulation
