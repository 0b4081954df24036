// Every way to look at a seed lives the same scenario.
#include "tests/simulation/seeds.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "tests/simulation/life.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

std::optional<Violation> try_seed(std::uint64_t seed,
                                  const Parts& without,
                                  Mint& mint,
                                  Statistics& statistics) {
    return live(make_scenario(seed, without), mint, statistics, nullptr);
}

Parts shrink(std::uint64_t seed, Parts without, const Violation& violation, Mint& mint) {
    bool smaller = true;
    while (smaller) {
        smaller = false;
        for (const std::string& part : parts_of(make_scenario(seed, without))) {
            Parts tried = without;
            tried.insert(part);
            Statistics ignored;
            const auto again = try_seed(seed, tried, mint, ignored);
            if (again && again->invariant == violation.invariant) {
                without = std::move(tried);
                smaller = true;
                break;
            }
        }
    }
    return without;
}

void tell(std::uint64_t seed, const Parts& without, Mint& mint) {
    const Scenario scenario = make_scenario(seed, without);
    for (const std::string& line : describe(scenario)) {
        std::printf("%s\n", line.c_str());
    }
    Statistics ignored;
    const auto violation =
        live(scenario, mint, ignored, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
    if (violation) {
        std::printf("violated: %s: %s\n", violation->invariant.c_str(), violation->text.c_str());
    }
    std::string parts;
    for (const std::string& part : without) {
        parts += (parts.empty() ? "" : ",") + part;
    }
    std::printf("replay: simulation --seed %llu%s\n",
                static_cast<unsigned long long>(seed),
                parts.empty() ? "" : (" --without '" + parts + "'").c_str());
}

}  // namespace edgecert::simulation
