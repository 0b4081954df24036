// Every way to look at a seed lives the same scenario.
#include "tests/simulation/seeds.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "tests/simulation/life.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

std::optional<Violation> try_seed(std::uint64_t seed,
                                  const Parts& without,
                                  Mint& mint,
                                  Statistics& statistics) {
    return live(make_scenario(seed, without), mint, statistics, nullptr);
}

Shrunk shrink(std::uint64_t seed, const Parts& without, const Violation& violation, Mint& mint) {
    return shrink(
        without,
        violation,
        [&](const Parts& left_out) { return parts_of(make_scenario(seed, left_out)); },
        [&](const Parts& left_out) {
            Statistics ignored;
            return try_seed(seed, left_out, mint, ignored);
        });
}

void tell(std::uint64_t seed, const Shrunk& shrunk, Mint& mint) {
    const Scenario scenario = make_scenario(seed, shrunk.without);
    for (const std::string& line : describe(scenario)) {
        std::printf("%s\n", line.c_str());
    }
    Statistics ignored;
    const auto violation =
        live(scenario, mint, ignored, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
    if (violation) {
        std::printf("violated: %s: %s\n", violation->invariant.c_str(), words_of(*violation).c_str());
    }
    for (const std::string& other : shrunk.otherwise) {
        std::printf("%s\n", other.c_str());
    }
    std::printf("replay: simulation --seed %llu%s\n",
                static_cast<unsigned long long>(seed),
                option_of(shrunk.without).c_str());
}

}  // namespace edgecert::simulation
