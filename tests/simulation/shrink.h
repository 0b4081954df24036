// A failing life made small: what is left out of it, as long as it fails in the same way.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace edgecert::simulation {

struct Violation {
    std::string invariant{};        // "I2", or what else was expected
    std::string text{};             // its kind: what is left of it without names and numbers
    std::string detail{};           // goes with the text, and differs from life to life that fails in one way
    std::set<std::string> names{};  // of the fleet at that time
};

[[nodiscard]] std::string words_of(const Violation& violation);

// The way in which it fails: two are of one kind when they differ in names of the fleet, numbers,
// fingerprints and addresses only.
[[nodiscard]] std::string kind_of(const Violation& violation);

using Parts = std::set<std::string>;  // of a scenario, as parts_of() names them

struct Shrunk {
    Parts without{};
    // One line for each other kind that smaller lives failed with: they were not followed.
    std::vector<std::string> otherwise{};
};

// Leaves out part after part, as long as there is a violation of the same kind. `parts`: what is still in a
// life without these; `attempt`: lives it.
[[nodiscard]] Shrunk shrink(Parts without,
                            const Violation& violation,
                            const std::function<std::vector<std::string>(const Parts&)>& parts,
                            const std::function<std::optional<Violation>(const Parts&)>& attempt);

[[nodiscard]] std::string option_of(const Parts& without);  // " --without 'e1,f2'", or ""

}  // namespace edgecert::simulation
