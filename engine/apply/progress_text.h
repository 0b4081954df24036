// What progress says of a step, in one line for lines and live terminals alike.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "engine/plan/step.h"
#include "engine/time/instant.h"

namespace edgecert {

// Time since some beginning, for how long things take; never for what time it is.
using Stopwatch = std::function<std::chrono::milliseconds()>;
[[nodiscard]] Stopwatch steady_stopwatch();

[[nodiscard]] std::string time_of_day(Instant now);                  // "12:03:04", UTC
[[nodiscard]] std::string how_long(std::chrono::milliseconds span);  // "0.4 s", "12 s", "3 min 20 s"
[[nodiscard]] std::string begun_text(const Step& step);  // "ams-edge: assign internal on edge01 …"
[[nodiscard]] std::string ended_text(const Step& step,
                                     const Outcome& outcome,
                                     std::chrono::milliseconds span);
// "ams-edge: converged", "ams-edge: waiting for an officer of contoso-issuing"
[[nodiscard]] std::string unit_text(const UnitId& unit,
                                    const std::string& result,
                                    const std::string& why = {});

}  // namespace edgecert
