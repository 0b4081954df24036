// Which faults an action can meet at all, and which of them a simulation has seen.
#include "tests/simulation/coverage.h"

#include <cstdio>
#include <string>

namespace edgecert::simulation {

namespace {

// Looking changes no store, and making a CA touches no server.
bool of_writing(FaultKind kind) {
    return kind == FaultKind::crash_midway || kind == FaultKind::refused || kind == FaultKind::disk_error ||
           kind == FaultKind::power_lost || kind == FaultKind::duplicated;
}

bool of_servers(FaultKind kind) {
    return of_writing(kind) || kind == FaultKind::node_away || kind == FaultKind::node_gone ||
           kind == FaultKind::node_flaps || kind == FaultKind::stale_read || kind == FaultKind::node_lies;
}

}  // namespace

bool can_meet(Action action, FaultKind kind) {
    switch (kind) {
        case FaultKind::activation_fails:
            return action == Action::activate_role;
        case FaultKind::handshake_fails:
            return action == Action::verify_role;
        case FaultKind::submission_lost:
        case FaultKind::grants_else:  // decided as it is sent
            return action == Action::submit_request;
        case FaultKind::denies:
            return action != Action::create_authority;
        case FaultKind::crash_before:
        case FaultKind::crash_midway:
        case FaultKind::crash_after:
        case FaultKind::node_away:
        case FaultKind::node_gone:
        case FaultKind::authority_away:
        case FaultKind::authority_gone:
        case FaultKind::lost_answer:
        case FaultKind::refused:
        case FaultKind::disk_error:
        case FaultKind::power_lost:
        case FaultKind::duplicated:
        case FaultKind::stale_read:
        case FaultKind::node_lies:
        case FaultKind::node_flaps:
        case FaultKind::slow:
        case FaultKind::clock_jump:
        case FaultKind::person:
        case FaultKind::other_controller:
            break;
    }
    return !(action == Action::create_authority && of_servers(kind)) &&
           !(action == Action::wait && of_writing(kind));
}

std::string name_of(Action action) {
    return action == Action::wait ? "(between steps)" : std::string(to_text(action));
}

void print_coverage(const Statistics& statistics) {
    std::size_t possible = 0;
    std::size_t covered = 0;
    std::string missing;
    std::string odd;  // counted all the same: then can_meet() is wrong
    for (std::size_t i = 0; i < actions; ++i) {
        std::string here;
        for (std::size_t k = 0; k < fault_kinds; ++k) {
            const auto kind = static_cast<FaultKind>(k);
            const bool met = statistics.coverage.at(i).at(k) > 0;
            const bool can = can_meet(static_cast<Action>(i), kind);
            possible += can ? 1 : 0;
            covered += can && met ? 1 : 0;
            std::string& list = met ? odd : here;
            if (can != met) {
                list += (list.empty() ? "" : ", ") + std::string(to_text(kind));
            }
        }
        missing += here.empty() ? "" : "  " + name_of(static_cast<Action>(i)) + ": " + here + "\n";
    }
    std::printf("%zu of %zu pairs of action and fault that can meet were seen%s\n%s",
                covered,
                possible,
                missing.empty() ? "" : "; not",
                missing.c_str());
    if (!odd.empty()) {
        std::printf("seen, and thought impossible: %s\n", odd.c_str());
    }
}

}  // namespace edgecert::simulation
