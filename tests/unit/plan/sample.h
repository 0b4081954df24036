// Plans that the tests of plan and report share: one with everything in it, one that is converged.
#pragma once

#include <string>

#include "engine/apply/executor.h"
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
[[nodiscard]] Plan unreached_plan();  // a command authority does not answer, and a pool needs it
[[nodiscard]] Plan evil_plan();       // every text that a far side can choose is an attack on some renderer
[[nodiscard]] Plan wide_plan();       // long lists, narrowed, to look at only, a failed unit
[[nodiscard]] Run mixed_run();

}  // namespace edgecert::test
