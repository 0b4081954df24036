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

// All steps of one id. Waits may share one (two things awaited of one server); what is after it is after all
// of them, and is counted once however many they are.
struct Namesakes {
    std::size_t open{};                    // not yet in order
    std::vector<std::size_t> followers{};  // steps that are after them
};
using Places = std::map<StepId, Namesakes>;

Places places_of(const std::vector<Step>& steps) {
    Places places;
    for (const Step& step : steps) {
        const std::size_t same = ++places[step.id].open;
        if (same > 1 && step.action != Action::wait) {
            throw Error("duplicate-step", "two steps of " + step.unit + " are the same: " + step.summary);
        }
    }
    return places;
}

[[noreturn]] void throw_circle(const std::vector<Step>& steps, const std::vector<int>& open) {
    constexpr std::size_t most_named = 12;
    std::string names;
    std::string unit;
    std::size_t count = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (open[i] > 0 && ++count <= most_named) {
            names += (names.empty() ? "" : ", ") + std::string(to_text(steps[i].action)) + " " +
                     steps[i].id.substr(0, 8);
            unit = steps[i].unit;
        }
    }
    names += count > most_named ? " and " + std::to_string(count - most_named) + " more" : "";
    throw Error("circular-steps", "steps of " + printable(unit) + " wait for each other: " + names);
}

// Kahn's algorithm; of the steps that are free, the one that was given first goes first.
std::vector<Step> sorted(std::vector<Step> steps) {
    Places places = places_of(steps);
    std::vector<int> open(steps.size(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const StepId& id : steps[i].after) {
            const auto before = places.find(id);
            if (before != places.end()) {
                before->second.followers.push_back(i);
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
        result.push_back(steps[next]);
        Namesakes& done = places.at(steps[next].id);
        if (--done.open > 0) {
            continue;
        }
        for (const std::size_t follower : done.followers) {
            if (--open[follower] == 0) {
                ready.push(follower);
            }
        }
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
