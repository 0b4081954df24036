// Warnings of what pools left on servers and nothing takes away.
#pragma once

#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// "left-behind", by server as declared: certificates of a pool that is not declared here. "unused-kept", by
// certificate: it never served, and its request is remembered by nothing else. `present` is the pool as
// observed.
[[nodiscard]] std::vector<Diagnostic> left_over(const Planning& present);

}  // namespace edgecert
