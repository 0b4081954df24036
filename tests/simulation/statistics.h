// What a simulation has done, counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/plan/step.h"
#include "tests/support/sim_faults.h"

namespace edgecert::simulation {

inline constexpr std::size_t actions =
    static_cast<std::size_t>(Action::wait) + 1;  // `wait` stands for no step at all

struct Statistics {
    std::uint64_t lives{};
    std::uint64_t runs{};
    std::uint64_t steps{};
    std::uint64_t points{};
    std::uint64_t together{};   // runs at the same time as others
    std::uint64_t converged{};  // runs that ended with 0
    std::array<std::uint64_t, fault_kinds> faults{};
    std::array<std::uint64_t, actions> performed{};
    std::array<std::array<std::uint64_t, fault_kinds>, actions> coverage{};  // action × fault
    std::array<std::uint64_t, 13> checks{};                                  // by invariant
};
void add(Statistics& sum, const Statistics& part);
void print(const Statistics& statistics, double seconds);

}  // namespace edgecert::simulation
