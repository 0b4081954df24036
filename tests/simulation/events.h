// What happens between runs and in between their steps: edits of manifests, and people who change things past
// them.
#pragma once

#include <string>

#include "resources/pool/desired.h"
#include "tests/simulation/scenario.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

// Makes the event happen; what happened in words, "" when there was nothing for it to happen to.
std::string edit_manifest(Happening what, Chance& chance, Fleet& fleet, SimWorld& world);
std::string people_act(Happening what, Chance& chance, Fleet& fleet, SimWorld& world);

// The same for what happens in plots only.
std::string edit_in_plot(Happening what, Chance& chance, const Fleet& fleet, Pool& pool, SimWorld& world);
std::string act_in_plot(Happening what, Chance& chance, SimWorld& world, MemoryServer& server);

// Machines for servers that are declared and not there yet, and the names under which they answer.
void build_machines(const Fleet& fleet, const Scenario& scenario, SimWorld& world);

// Officers do what they are asked to.
int issue_all_pending(SimWorld& world);

}  // namespace edgecert::simulation
