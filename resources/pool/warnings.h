// What a plan has to say of a pool besides its steps: clocks far apart, keys that others could read or that
// are gone, stores that an apply could not change, CAs that end before what they issued, and what a run that
// stops at the barrier leaves.
#pragma once

#include <vector>

#include "resources/pool/served.h"

namespace edgecert {

// Warnings "clock-differs" (more than five minutes), "key-exposed", "store-unusable", and a note
// "store-findings" of what else was found in a store, by server as declared; "served-without-key", by role;
// "chain-ends-first", and "authority-ends-soon" in place of a renewal that would gain nothing, by what
// serves. `present` is the pool as observed.
[[nodiscard]] std::vector<Diagnostic> pool_warnings(const Planning& present, const std::vector<Served>& rows);

// A note "not-switched" that names the roles steps of `whole` would switch; none: nothing. `whole` is the
// plan without --until installed.
[[nodiscard]] std::vector<Diagnostic> left_at_barrier(const Pool& pool, const std::vector<Step>& whole);

// A note "outside-target" of what a narrowed plan leaves to do, and which roles it does not switch.
[[nodiscard]] std::vector<Diagnostic> left_outside_target(const Pool& pool, const std::vector<Step>& dropped);

}  // namespace edgecert
