// A life while it is lived: what happens, runs with whatever goes wrong, and the quiet after them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/judge.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/statistics.h"

namespace edgecert::simulation {

class Life final {
public:
    Life(const Scenario& scenario,
         Mint& mint,
         Statistics& statistics,
         const std::function<void(const std::string&)>& tell);
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;
    ~Life() = default;

    std::optional<Violation> live();

private:
    struct Attempt {
        std::optional<Plan> plan{};
        std::optional<Run> run{};  // none: it died
    };

    [[nodiscard]] bool going() const { return !judge_.violation(); }

    void happen(int round);

    std::string let_people_act(Happening what, Chance& chance);

    // Somebody acts while a step is under way.
    bool interlude(const Fault& fault);

    Attempt attempt(Process& process, const std::optional<Plan>& approved, const PlanInputs& inputs);

    PlanInputs inputs_now(std::size_t round);

    // The run, and perhaps other controllers at the same time, whose clocks differ from everybody's.
    void run_with_others(std::size_t round);

    void run_with_restarts(PlanInputs inputs);

    // A fresh process looks without touching anything: what it plans fits what was approved.
    void look_after_crash(const Plan& approved);

    // The judge's counts before a run: what of its ground changed since the plan was made, what could deceive
    // it while it ran.
    struct Ground {
        int disturbances{};
        int deceptions{};
        int others{};
        std::uint64_t writes{};
    };
    [[nodiscard]] Ground ground_now() const;

    void judge(Process& process, const Attempt& done, const Ground& before);

    // Nothing goes wrong any more, and everybody does what is asked of him: it converges, and falls silent.
    void quiet();

    void silence(const Run& before, bool nothing_asked);
    // Until just before the instant that the planner named it stays silent, and then there is something to
    // do.
    void wait_for_change(const std::vector<Unit*>& units);

    const Scenario& scenario_;
    Statistics& statistics_;
    Chance chance_;
    Fleet fleet_{};
    SimWorld world_;
    Judge judge_;
};

}  // namespace edgecert::simulation
