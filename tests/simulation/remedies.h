// What operators do about what a run says it waits for.
#pragma once

#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "resources/pool/desired.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

struct Remedies {
    PlanInputs inputs{};  // for the next run; `at` is left alone
    std::vector<std::string> story{};
    bool acted{};        // something outside the tool was mended
    std::string left{};  // what is still to be done or waited for
};

// Goes by the codes of the waits, as a person goes by their words; also mends what stands outside the tool (a
// CA's wrong answer).
[[nodiscard]] Remedies remedies_for(const Run& run, const Fleet& fleet, SimWorld& world);

}  // namespace edgecert::simulation
