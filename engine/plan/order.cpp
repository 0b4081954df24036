// One unit's steps in the order in which they would run: a stable topological order over `after`.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/clean.h"
#include "engine/plan/plan.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// Where each id stands. Waits may share an id (two things awaited of one server); what is after it is after
// all of them.
using Places = std::multimap<StepId, std::size_t>;

Places places_of(const std::vector<Step>& steps) {
    Places places;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto [first, last] = places.equal_range(steps[i].id);
        const bool change = steps[i].action != Action::wait;
        if (first != last && change) {
            throw Error("duplicate-step",
                        "two steps of " + steps[i].unit + " are the same: " + steps[i].summary);
        }
        places.emplace(steps[i].id, i);
    }
    return places;
}

[[noreturn]] void throw_circle(const std::vector<Step>& steps, const std::vector<int>& open) {
    std::string names;
    std::string unit;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (open[i] > 0) {
            names += (names.empty() ? "" : ", ") + std::string(to_text(steps[i].action)) + " " +
                     steps[i].id.substr(0, 8);
            unit = steps[i].unit;
        }
    }
    throw Error("circular-steps", "steps of " + printable(unit) + " wait for each other: " + names);
}

// Kahn's algorithm; of the steps that are free, the one that was given first goes first.
std::vector<Step> sorted(std::vector<Step> steps) {
    const Places places = places_of(steps);
    std::vector<int> open(steps.size(), 0);
    std::vector<std::vector<std::size_t>> followers(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const StepId& id : steps[i].after) {
            const auto [first, last] = places.equal_range(id);
            for (auto place = first; place != last; ++place) {
                followers[place->second].push_back(i);
                ++open[i];
            }
        }
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (open[i] == 0) {
            ready.push(i);
        }
    }
    std::vector<Step> result;
    result.reserve(steps.size());
    while (!ready.empty()) {
        const std::size_t next = ready.top();
        ready.pop();
        for (const std::size_t follower : followers[next]) {
            if (--open[follower] == 0) {
                ready.push(follower);
            }
        }
        result.push_back(steps[next]);
    }
    if (result.size() != steps.size()) {
        throw_circle(steps, open);
    }
    return result;
}

}  // namespace

UnitPlan in_order(UnitPlan unit) {
    clean(unit);
    for (Step& step : unit.steps) {
        if (!unit.overview.unit.empty()) {
            step.unit = unit.overview.unit;
        }
        step.id = step_id(step);
        std::sort(step.after.begin(), step.after.end());
        step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
    }
    unit.steps = sorted(std::move(unit.steps));
    return unit;
}

}  // namespace edgecert
