// Servers whose stores can be read and not changed: told before anything is sent to a CA on their account.
#pragma once

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

// Servers whose stores some of these steps would change, and that cannot be changed. Of a pool with one of
// them nothing is carried out: half of it done is what nobody wants, and who closed a store may have had a
// reason; one in maintenance holds nothing up. A request is noted on every server. None: a store that needs
// no change may well be read-only.
[[nodiscard]] std::vector<const ServerSpec*> closed_in_the_way(const Pool& pool,
                                                               const PoolView& view,
                                                               const std::vector<Step>& steps);

[[nodiscard]] std::string why_closed(const ServerView& server);

}  // namespace edgecert
