// One unit's steps in the order in which they would run: a stable topological order over `after`.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// JSON holds UTF-8 only, and what is hashed has to survive a file: everything else is escaped before the
// first hash.
void clean(std::string& text) {
    if (!is_utf8(text)) {
        text = printable(text, text.size());
    }
}

void clean(std::vector<std::string>& texts) {
    for (std::string& text : texts) {
        clean(text);
    }
}

void clean(std::vector<Diagnostic>& diagnostics) {
    for (Diagnostic& diagnostic : diagnostics) {
        for (std::string* text : {&diagnostic.code,
                                  &diagnostic.text,
                                  &diagnostic.where.file,
                                  &diagnostic.excerpt,
                                  &diagnostic.hint}) {
            clean(*text);
        }
    }
}

void clean(Overview& overview) {
    clean(overview.title);
    clean(overview.deadline);
    clean(overview.worst_moment);
    clean(overview.way_back);
    for (Serving& serving : overview.serving) {
        clean(serving.certificate);
        clean(serving.serial);
        clean(serving.roles);
        clean(serving.names);
        clean(serving.servers);
    }
    for (Unreachable& unreachable : overview.unreachable) {
        clean(unreachable.server);
        clean(unreachable.why);
        clean(unreachable.blocks);
    }
    for (std::vector<std::string>* texts : {&overview.names_lost,
                                            &overview.names_gained,
                                            &overview.key_moves,
                                            &overview.roots_added,
                                            &overview.roots_removed,
                                            &overview.clock_differences,
                                            &overview.notes}) {
        clean(*texts);
    }
}

void clean(Step& step) {
    for (std::string* text :
         {&step.unit, &step.server, &step.role, &step.certificate, &step.object, &step.summary}) {
        clean(*text);
    }
    for (Reason& reason : step.reasons) {
        clean(reason.code);
        clean(reason.text);
        clean(reason.where.file);
    }
    for (FieldChange& field : step.fields) {
        clean(field.name);
        clean(field.before);
        clean(field.after);
    }
    for (Expectation& expectation : step.expects) {
        clean(expectation.name);
        clean(expectation.fingerprint);
    }
    if (step.wait) {
        clean(step.wait->code);
        clean(step.wait->on_whom);
        clean(step.wait->what_to_do);
    }
}

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
    clean(unit.overview);
    clean(unit.diagnostics);
    for (Step& step : unit.steps) {
        if (!unit.overview.unit.empty()) {
            step.unit = unit.overview.unit;
        }
        clean(step);
        step.id = step_id(step);
        std::sort(step.after.begin(), step.after.end());
        step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
    }
    unit.steps = sorted(std::move(unit.steps));
    return unit;
}

}  // namespace edgecert
