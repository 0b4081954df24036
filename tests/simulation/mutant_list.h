// The planted mistakes: each name stands at EDGECERT_MUTANT(name) somewhere in the product.
#pragma once

#include <string>
#include <vector>

namespace edgecert::simulation {

struct Mutant {
    std::string name{};
    std::string what{};
    bool needs_disks{};  // it is in the store in a folder, or below
    bool slow{};         // rare things have to meet: left out of samples
};

[[nodiscard]] const std::vector<Mutant>& mutants();

}  // namespace edgecert::simulation
