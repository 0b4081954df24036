// A planted mistake on trial: lives that look for it, each search in a process of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/mutant_list.h"
#include "tests/simulation/seeds.h"

namespace edgecert::simulation {

struct Caught {
    std::uint64_t seed{};
    std::string by{};  // the invariant
    std::string words{};
};

class Search;  // a child that looks

// One mutant's way: look, and when something is found, look at that seed without the mutant.
class Trial {
public:
    Trial(const Mutant& mutant, double limit);
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial();

    [[nodiscard]] int answer() const;  // readable when go_on() has something to read
    [[nodiscard]] const Mutant& mutant() const { return mutant_; }
    [[nodiscard]] const std::optional<Caught>& caught() const { return caught_; }
    // By an invariant that is there for it.
    [[nodiscard]] bool rightly() const;
    // Of processor time, all searches together.
    [[nodiscard]] double seconds() const { return processor_; }

    // True: it has ended.
    bool go_on();

private:
    void search();

    const Mutant& mutant_;
    double limit_;
    double processor_{};
    Parts without_{};
    std::uint64_t step_{1};
    std::uint64_t next_{1};
    bool control_{};
    std::unique_ptr<Search> search_{};
    std::optional<Caught> caught_{};
};

}  // namespace edgecert::simulation
