// What was declared: manifests loaded, every mistake shown, or an Error that counts them.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/console.h"
#include "engine/cli/options.h"
#include "engine/time/instant.h"
#include "resources/pool/desired.h"

namespace edgecert {

struct Declared {
    Fleet fleet{};
    std::vector<Diagnostic> diagnostics{};  // no errors among them
};

// Loads Options::paths (the current folder when there are none) and shows every diagnostic on stderr. Throws
// Error "bad-manifests" when one of them is an error.
[[nodiscard]] Declared declared(const Options& options, Instant now, const Console& console);

// The current time of this machine; the one place of the command line that asks for it besides the World.
[[nodiscard]] Instant system_time();
// Options::at, or the current time. With --retry or --resubmit the next full second, waited for: what stands
// in a store from before that is what the operator answers, and what is noted from then on is the answer's
// own. Throws Error "usage".
[[nodiscard]] Instant planning_time(const Options& options);

}  // namespace edgecert
