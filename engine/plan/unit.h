// Unit: something that converges on its own, a pool or an authority; all that the executor knows of the
// world.
#pragma once

#include <span>
#include <vector>

#include "engine/plan/plan.h"

namespace edgecert {

// Not copyable. observe(), perform() and rest() change the unit's last view and are called by one thread at a
// time; id(), needs() and plan() are const. Other units may read a unit's projected view while planning,
// after that unit has observed.
class Unit {
public:
    Unit() = default;
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;
    virtual ~Unit() = default;

    [[nodiscard]] virtual const UnitId& id() const = 0;
    [[nodiscard]] virtual std::span<const UnitId> needs() const = 0;
    // Reads every place once; what cannot be reached is part of the view, never an exception.
    virtual void observe() = 0;
    // Pure over the last view; no steps: converged.
    [[nodiscard]] virtual UnitPlan plan(const PlanInputs& inputs) const = 0;
    // One idempotent step of a plan made with `inputs`; observes its place again, whatever the outcome.
    [[nodiscard]] virtual Outcome perform(const Step& step, const PlanInputs& inputs) = 0;
    // Nothing is asked of it for a while: it may let go of what it holds open to its places. The view stays.
    virtual void rest() {}
};

}  // namespace edgecert
