// Consequences of a pool's plan: what expires if it is left alone, which names come and go, how much serves
// meanwhile and no more afterwards, and whether there is a way back.
#pragma once

#include <vector>

#include "resources/pool/served.h"

namespace edgecert {

// Fills deadline, names, worst moment and way back. `present` is the pool as observed, `rows` what serves.
void add_consequences(Overview& head,
                      const Planning& planning,
                      const Planning& present,
                      const std::vector<Served>& rows);

}  // namespace edgecert
