// A program started on this server, its output bounded and its time limited.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/time/instant.h"

namespace edgecert::windows {

struct Ran {
    bool ended{};  // in time
    unsigned long status{};
    std::string output{};  // stdout and stderr as they came, at most 64 KiB
};

// argv only (command_line.h). Its stdin is empty; it has no window, and none of our other handles. One that
// takes too long is ended with everything it started. Error "cannot-run".
[[nodiscard]] Ran run_program(const std::vector<std::string>& argv,
                              const std::vector<std::pair<std::string, std::string>>& environment,
                              Seconds patience);

// "it ended with status 3: …": why a run did not go well, "" when it did.
[[nodiscard]] std::string trouble_of(const Ran& ran, Seconds patience);

}  // namespace edgecert::windows
