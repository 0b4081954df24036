// Faults of a simulation: what goes wrong, at which point, and how long.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace edgecert {

enum class FaultKind {
    crash_before,  // the controller dies before an effect
    crash_midway,  // between two writes of one operation
    crash_after,   // the effect happened, the controller dies before it knows
    node_away,     // a server cannot be reached for a while
    node_gone,     // for good
    authority_away,
    authority_gone,
    lost_answer,       // the effect happened, the connection broke
    refused,           // the far side cannot write: no space
    disk_error,        // EIO in the middle of an operation, also from an fsync
    power_lost,        // a server loses its power, and what it had not synced, or half of it
    duplicated,        // what was sent arrives twice
    stale_read,        // an observation that is older than the last change
    node_lies,         // an observation that was never true
    node_flaps,        // away at every other point for a while
    slow,              // minutes pass
    clock_jump,        // the clock moves, either way, up to days
    activation_fails,  // for a few times
    handshake_fails,
    submission_lost,   // the CA accepted, nobody heard it
    denies,            // the CA's officer denies, at once or later
    grants_else,       // the CA issues something else than was asked
    person,            // somebody changes a store in between
    other_controller,  // a whole apply of another controller in between
};
inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(FaultKind::other_controller) + 1;
[[nodiscard]] std::string_view to_text(FaultKind kind);

struct Fault {
    FaultKind kind{};
    int point{};             // not before this point; then at the first place that it fits
    int length{};            // points, times or minutes, as the kind has it
    int subject{};           // chance for whoever acts
    std::string_view aim{};  // only while this action is under way; "": whatever is
    int number{};            // its place in the scenario, for people
    bool spent{};
};

// Thrown through everything when the simulated process dies. It is no std::exception, and what catches it all
// the same finds a world in which nothing works any more.
struct Crash {};

}  // namespace edgecert
