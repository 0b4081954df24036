// Run records read back: the list of runs, and one run with its events.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"

namespace edgecert {

// One line of a record; fields that an event does not have are empty.
struct RunEvent {
    Instant at{};
    std::string event{};  // "begin", "step-ended", … as schemas/run.schema.json has it
    std::string unit{};
    std::string summary{};  // of the step
    std::string outcome{};  // of the step, or the unit's result
    std::string text{};     // why, or the note
    bool operator==(const RunEvent&) const = default;
};

struct RunLog {
    std::string name{};
    Instant begun{};
    std::string who{};
    std::string command{};
    std::string plan_id{};
    std::optional<Instant> ended{};  // nullopt: it was cut off
    std::optional<int> exit_status{};
    int done{};
    int waiting{};
    int failed{};
    std::vector<RunEvent> events{};    // without begin and end
    std::vector<std::string> lines{};  // the JSON of every event that could be read, in order
    int unreadable{};                  // lines that are no events
};

// Newest first, without events. A folder that is not there holds no runs.
[[nodiscard]] std::vector<RunLog> list_runs(const std::filesystem::path& folder);

// By name, by a beginning of a name that only one run has, or "last". Throws Error "no-run".
[[nodiscard]] RunLog read_run(const std::filesystem::path& folder, std::string_view name);

[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<RunLog>& runs);  // edgecert.runs/1
[[nodiscard]] nlohmann::ordered_json to_json(const RunLog& run);                // edgecert.run/1

}  // namespace edgecert
