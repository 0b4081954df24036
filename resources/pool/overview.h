// Overview: what stands at the top of a pool, for somebody at two in the morning.
#pragma once

#include "resources/pool/planning.h"

namespace edgecert {

// `before` is the view as observed; planning.steps is what would be done.
[[nodiscard]] Overview overview(const Planning& planning, const PoolView& before);

}  // namespace edgecert
