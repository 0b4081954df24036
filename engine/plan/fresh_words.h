// The words of a saved plan, told anew: a plan's id vouches for what would be done, not for its texts.
#pragma once

#include "engine/plan/plan.h"

namespace edgecert {

// `saved` with every text, reason and head as `fresh` (the plan of what is there now, for the same inputs)
// tells them, so that what somebody is shown and asked to approve was not written by whoever had the file.
// Steps that the fresh plan does not have keep what the id vouches for alone: action, place and fields.
[[nodiscard]] Plan with_fresh_words(Plan saved, const Plan& fresh);

}  // namespace edgecert
