// How the commands come by a plan, show it and save it.
#pragma once

#include <string>

#include "engine/cli/console.h"
#include "engine/cli/options.h"
#include "engine/plan/plan.h"

namespace edgecert {

inline constexpr int exit_failed = 1;
inline constexpr int exit_changes = 2;
inline constexpr int exit_misfit = 4;

// Of what is there now, or of a saved observation, as the options say. Throws Error.
[[nodiscard]] Plan made_plan(const Options& options, const Console& console);

// As Options::format says: text, json or markdown.
[[nodiscard]] std::string plan_in_form(const Plan& plan, const Options& options, const Console& console);

// For its owner's eyes: names of servers and of what waits are nobody else's business (0600).
void save_plan(const std::string& path, const Plan& plan);
[[nodiscard]] Plan read_plan(const std::string& path);

}  // namespace edgecert
