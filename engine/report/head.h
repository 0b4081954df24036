// The head of a unit: what somebody needs at two in the morning, as rows that text and Markdown lay out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/report/render.h"
#include "engine/time/instant.h"

namespace edgecert {

struct HeadRow {
    std::string name{};                // "serves now", "worst moment"
    std::vector<std::string> lines{};  // escaped for a terminal, not for Markdown
    bool urgent{};                     // worth a colour
};

// The servers that could not be read: also of a unit that has nothing to do, where they are in maintenance.
[[nodiscard]] HeadRow unreachable_row(const Overview& overview, std::size_t limit);

// Rows without lines are left out. Lists are cut at `limit`.
[[nodiscard]] std::vector<HeadRow> head(const UnitPlan& unit,
                                        const RenderOptions& options,
                                        std::size_t limit);

// "nothing to do until 2027-02-01T00:00:00Z; internal 160 d left"
[[nodiscard]] std::string converged_line(const Overview& overview, Instant now);

}  // namespace edgecert
