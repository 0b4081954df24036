// Plans that the tests of plan and report share: one with everything in it, one that is converged.
#pragma once

#include <string>

#include "engine/plan/plan.h"

namespace edgecert::test {

[[nodiscard]] Instant instant(const std::string& text);
[[nodiscard]] std::string digits(char digit);  // 64 times
[[nodiscard]] Step step(Action action,
                        const std::string& unit,
                        const std::string& server,
                        const std::string& name);

[[nodiscard]] Plan rich_plan();
[[nodiscard]] Plan converged_plan();

}  // namespace edgecert::test
