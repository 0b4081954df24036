// Rounds: all units of a run, first in the order of their needs, then those that wait, again and again until
// the time is up.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/apply/unit_runner.h"

namespace edgecert {

// Authorities, then pools, by name.
[[nodiscard]] std::vector<Unit*> in_plan_order(std::vector<Unit*> units);

[[nodiscard]] std::vector<UnitId> names_of(const std::vector<Unit*>& units);

// Keeps references to all that it is given. run() after check(), each once.
class Rounds {
public:
    Rounds(const std::vector<Unit*>& units, const Plan& approved, const RunContext& context);

    // The reason why nothing may be done, if there is one. Units in `failures` have failed already.
    [[nodiscard]] std::optional<std::string> check(const Failures& failures);
    void run();
    [[nodiscard]] std::vector<UnitRun> results() const;

private:
    [[nodiscard]] std::optional<std::string> missing_unit() const;
    [[nodiscard]] Needed needed(std::size_t place) const;
    void round(const std::vector<std::size_t>& members, bool again);
    void tell_end(const UnitRunner& runner);
    void poll(Seconds patience);
    [[nodiscard]] std::string awaited() const;
    [[nodiscard]] std::vector<std::size_t> waiting() const;

    std::vector<Unit*> units_;
    const Plan& approved_;
    const RunContext& context_;
    std::vector<std::vector<std::size_t>> needs_;
    const UnitPlan nothing_{};  // what is approved for a unit that the plan does not name
    std::vector<std::unique_ptr<UnitRunner>> runners_{};
    std::mutex mutex_{};
    std::set<UnitId> told_{};  // guarded by mutex_
};

}  // namespace edgecert
