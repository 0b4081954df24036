// What a CA granted otherwise than asked, where the declaration lets it: no reason to stop, and worth a word.
#pragma once

#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// Warnings (code "granted-otherwise") of answers that are not installed yet, and of what was asked for within
// a day: so the run that installs a certificate says it, and not every plan for the rest of its life.
// `before`: the pool as it was observed. A local CA does what it is told.
[[nodiscard]] std::vector<Diagnostic> granted_otherwise(const Planning& planning, const PoolView& before);

}  // namespace edgecert
