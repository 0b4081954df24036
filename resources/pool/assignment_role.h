// The roles of one server, planned: what the pool's walk and the way back share.
#pragma once

#include <string>
#include <vector>

#include "resources/pool/look.h"
#include "resources/pool/planning.h"

namespace edgecert {

// What a role is to point at, and why.
struct Move {
    const CertificateSpec& spec;
    const Candidate& target;
    bool way_back{};
};

// A certificate as it is called in summaries.
[[nodiscard]] std::string in_summaries(const CertificateId& id);

// Does the role point at the certificate, and its service was not told, or did not take it?
[[nodiscard]] bool is_untold(const Planning& planning,
                             const Move& move,
                             const std::string& server,
                             const std::string& role);

struct RoleTurn {
    std::string server{};
    std::string role{};
    std::vector<StepId> behind{};
};

// Assignments and activations alone, each behind its steps; what it returns is the same.
[[nodiscard]] std::vector<StepId> diff_switches(Planning& planning,
                                                const Move& move,
                                                const std::vector<RoleTurn>& turns);

// Adds what these roles of one server lack, each behind its steps: assignment and activation, and when all of
// them answer with the certificate, verification. Returns the last steps; for a role that lacks nothing, what
// it was to wait for. The server is reachable and holds the certificate.
[[nodiscard]] std::vector<StepId> diff_roles(Planning& planning,
                                             const Move& move,
                                             const std::vector<RoleTurn>& turns);

}  // namespace edgecert
