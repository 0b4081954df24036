// Servers whose stores can be read and not changed: told before anything is sent to a CA on their account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/step.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

// Does this finding say that an apply could change nothing there?
[[nodiscard]] bool closes(const Finding& finding);

// Reachable, and as far as was seen it can be changed; what only keeps servers informed passes by the others.
[[nodiscard]] const ServerView* writable(const PoolView& view, const std::string& server);

// Left out of a plan by view_without_closed(): its store is known, and no part of the plan.
[[nodiscard]] bool is_left_out(const ServerView& server);

// The view in which servers that some of these steps would change, and that cannot be changed, count as ones
// that do not answer: the rest of the pool prepares what it can, and nothing is switched. A request is noted
// on every server. nullopt: there are none. A store that needs no change may well be read-only.
[[nodiscard]] std::optional<PoolView> view_without_closed(const Pool& pool,
                                                          const PoolView& view,
                                                          const std::vector<Step>& steps);

}  // namespace edgecert
