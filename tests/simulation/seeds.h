// What can be done with one seed: live it, make it small, tell it as a story.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "tests/simulation/judge.h"
#include "tests/simulation/statistics.h"
#include "tests/support/mint.h"

namespace edgecert::simulation {

using Parts = std::set<std::string>;  // of a scenario, as parts_of() names them

[[nodiscard]] std::optional<Violation> try_seed(std::uint64_t seed,
                                                const Parts& without,
                                                Mint& mint,
                                                Statistics& statistics);

// Leaves out part after part, as long as the same invariant is still violated; returns what is left out.
[[nodiscard]] Parts shrink(std::uint64_t seed, Parts without, const Violation& violation, Mint& mint);

// The story of a seed, on stdout, with the command that tells it again.
void tell(std::uint64_t seed, const Parts& without, Mint& mint);

}  // namespace edgecert::simulation
