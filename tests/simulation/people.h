// What people who change stores by hand share.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/scenario.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

template <class Item>
Item* one_of(std::vector<Item>& items, Chance& chance) {
    return items.empty() ? nullptr
                         : &items[static_cast<std::size_t>(chance.below(static_cast<int>(items.size())))];
}

// As if somebody had made the store first.
void exist(MemoryServer& server, SimWorld& world);
void look_for_dangling(MemoryServer& server);

// What they did, in words; "": there was nothing for it to be done to.
std::string install_by_hand(
    Happening what, Chance& chance, const Fleet& fleet, SimWorld& world, MemoryServer& server);
std::string act_on_certificates(Happening what, Chance& chance, SimWorld& world, MemoryServer& server);
std::string damage(Chance& chance, MemoryServer& server);

}  // namespace edgecert::simulation
