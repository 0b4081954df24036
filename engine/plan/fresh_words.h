// The words of a saved plan, told anew: a plan's id vouches for what would be done, not for its texts.
#pragma once

#include "engine/plan/plan.h"

namespace edgecert {

// `saved` as `fresh` (the plan of what is there now, for the same inputs) tells it, so that what somebody is
// shown and asked to approve was not written by whoever had the file: the steps that both have, with the
// fresh plan's texts, reasons and heads and the approved fields; the fresh plan's waits; and a note of how
// many steps of `saved` are no longer called for. Only to be shown: what is carried out is `saved` itself.
[[nodiscard]] Plan with_fresh_words(Plan saved, const Plan& fresh);

}  // namespace edgecert
