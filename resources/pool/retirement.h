// What retiring certificates and retiring trust share: what has to come before.
#pragma once

#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// Trusted certificates of ours that no declared chain holds any more, and that nothing in use on the server
// needs. The server is reachable.
void diff_trust_retirement(Planning& planning, const ServerSpec& server);

// Steps that have to come first: everything that points roles elsewhere.
[[nodiscard]] std::vector<StepId> role_steps(const Planning& planning);

// Is its certificate assigned, and activated where stores do that, wherever it has to be? Servers that nobody
// can see may still serve the old one. A verification that fails takes the assignment back.
[[nodiscard]] bool is_settled(const Planning& planning, const CertificateSpec& spec);

}  // namespace edgecert
