// What can be done with one seed: live it, make it small, tell it as a story.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/simulation/judge.h"
#include "tests/simulation/statistics.h"
#include "tests/support/mint.h"

namespace edgecert::simulation {

[[nodiscard]] std::optional<Violation> try_seed(std::uint64_t seed,
                                                const Parts& without,
                                                Mint& mint,
                                                Statistics& statistics);

[[nodiscard]] Shrunk shrink(std::uint64_t seed, const Parts& without, const Violation& violation, Mint& mint);

// The story of a seed, on stdout, with the command that tells it again, and what else came up on the way to
// it.
void tell(std::uint64_t seed, const Shrunk& shrunk, Mint& mint);

}  // namespace edgecert::simulation
