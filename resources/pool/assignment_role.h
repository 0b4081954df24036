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

// Was this server brought to the certificate with one of its roles, and lacks something still: another role,
// that a service was told, or that it was seen to answer?
[[nodiscard]] bool is_begun(const Planning& planning, const Move& move, const std::string& server);

struct RoleTurn {
    std::string server{};
    std::string role{};
    std::vector<StepId> behind{};
};

// Adds what these roles of one server lack, each behind its steps: assignment and activation, and when all of
// them answer with the certificate, verification. Returns the last steps; for a role that lacks nothing, what
// it was to wait for. The server is reachable and holds the certificate.
[[nodiscard]] std::vector<StepId> diff_roles(Planning& planning,
                                             const Move& move,
                                             const std::vector<RoleTurn>& turns);

}  // namespace edgecert
