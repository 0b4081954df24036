// Overview: what stands at the top of a pool, for somebody at two in the morning.
#pragma once

#include <vector>

#include "resources/pool/served.h"

namespace edgecert {

// `before` is the view as observed; planning.steps is what would be done; `rows` what serves, as observed.
[[nodiscard]] Overview overview(const Planning& planning,
                                const PoolView& before,
                                const std::vector<Served>& rows);

}  // namespace edgecert
