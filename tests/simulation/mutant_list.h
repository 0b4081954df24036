// The planted mistakes: each name stands at EDGECERT_MUTANT(name) somewhere in the product.
#pragma once

#include <string>
#include <vector>

namespace edgecert::simulation {

enum class Trait {
    on_disks,  // it is in the store in a folder, or below
    slow,      // rare things have to meet: left out of samples
    unguarded  // stores and CAs would refuse it: theirs is switched off as well, so that the judge has to see
               // it
};

struct Mutant {
    std::string name{};
    std::string what{};
    std::vector<std::string> by{};  // the invariants one of which has to catch it; another one does not count
    std::vector<Trait> traits{};

    [[nodiscard]] bool is(Trait trait) const;
};

[[nodiscard]] const std::vector<Mutant>& mutants();

}  // namespace edgecert::simulation
