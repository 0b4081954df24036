// Schedule: tasks that need each other, several at once.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "engine/plan/unit.h"

namespace edgecert {

// Runs task(i) for every i once, at most `parallel` at once (the calling thread is one of them), each after
// all of needs[i]; of those that may start, the lowest goes first. Returns when all have ended. `task` must
// not throw. The result names those that never ran, because they need each other.
[[nodiscard]] std::vector<std::size_t> run_in_order(const std::vector<std::vector<std::size_t>>& needs,
                                                    int parallel,
                                                    const std::function<void(std::size_t)>& task);

// For each unit, the places in `units` of those that it needs; needs that are not among them are left out.
[[nodiscard]] std::vector<std::vector<std::size_t>> places_of_needs(const std::vector<Unit*>& units);

}  // namespace edgecert
