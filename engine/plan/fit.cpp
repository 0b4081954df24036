// Fit, step by step: the same step with equal known fields, or the way back of an approved assignment.
#include "engine/plan/fit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"

namespace edgecert {

namespace {

using Approved = std::map<StepId, const Step*>;

bool agree(const std::string& a, const std::string& b) {
    // What one side does not know yet is compared when it does: nothing is assigned before.
    return a == b || a == known_later || b == known_later;
}

std::string name_of(const Step& step) {
    std::string name = step.unit + ": " + std::string(to_text(step.action));
    name += step.certificate.empty() ? "" : " " + step.certificate;
    name += step.role.empty() || step.role == step.certificate ? "" : ", role " + step.role + ",";
    if (!step.server.empty()) {
        name += " on " + step.server;
    }
    return printable(name);
}

std::string quoted(const std::string& text) {
    return text.empty() ? "nothing" : "\"" + printable(text, 256) + "\"";
}

std::optional<std::string> differing_fields(const Step& approved, const Step& fresh) {
    std::map<std::string, const FieldChange*> known;
    for (const FieldChange& field : approved.fields) {
        known[field.name] = &field;
    }
    for (const FieldChange& field : fresh.fields) {
        const auto found = known.find(field.name);
        if (found == known.end()) {
            return printable(field.name) + " would become " + quoted(field.after) +
                   ", which was not approved";
        }
        if (!agree(found->second->before, field.before)) {
            return printable(field.name) + " is " + quoted(field.before) + " now and was " +
                   quoted(found->second->before) + " when the plan was made";
        }
        if (!agree(found->second->after, field.after)) {
            return printable(field.name) + " would become " + quoted(field.after) + " instead of " +
                   quoted(found->second->after);
        }
        known.erase(found);
    }
    if (!known.empty()) {
        return printable(known.begin()->first) + " would no longer become " +
               quoted(known.begin()->second->after);
    }
    return std::nullopt;
}

std::optional<std::string> differing_expectations(const Step& approved, const Step& fresh) {
    std::map<std::string, std::string> known;
    for (const Expectation& expectation : approved.expects) {
        known[expectation.name] = expectation.fingerprint;
    }
    for (const Expectation& expectation : fresh.expects) {
        const auto found = known.find(expectation.name);
        if (found == known.end()) {
            return "it relies on " + printable(expectation.name) + ", which the approved plan did not";
        }
        if (!agree(found->second, expectation.fingerprint)) {
            return printable(expectation.name) + " has changed since the plan was made";
        }
        known.erase(found);
    }
    if (!known.empty()) {
        return printable(known.begin()->first) + ", on which it relied, is gone";
    }
    return std::nullopt;
}

// An order that was approved has to hold while both steps are still to be done.
std::optional<std::string> lost_order(const Step& approved,
                                      const Step& fresh,
                                      const std::set<StepId>& to_do) {
    for (const StepId& id : approved.after) {
        if (to_do.contains(id) &&
            std::find(fresh.after.begin(), fresh.after.end(), id) == fresh.after.end()) {
            return "it no longer waits for step " + id.substr(0, 8);
        }
    }
    return std::nullopt;
}

bool same_place(const Step& a, const Step& b) {
    return a.unit == b.unit && a.server == b.server && a.role == b.role;
}

// The assignment that leads back: every approved field with before and after exchanged, and never to nothing.
bool exchanged(const Step& approved, const Step& fresh) {
    if (approved.fields.empty() || approved.fields.size() != fresh.fields.size()) {
        return false;
    }
    return std::all_of(fresh.fields.begin(), fresh.fields.end(), [&approved](const FieldChange& field) {
        return std::any_of(
            approved.fields.begin(), approved.fields.end(), [&field](const FieldChange& other) {
                return other.name == field.name && !field.after.empty() && field.after == other.before &&
                       agree(field.before, other.after);
            });
    });
}

// activate-role and verify-role on the way back say where they lead, and that may only be what the approved
// assignment came from.
bool follows_back(const Step& approved, const Step& fresh) {
    if (fresh.fields.empty()) {
        return false;
    }
    return std::all_of(fresh.fields.begin(), fresh.fields.end(), [&approved](const FieldChange& field) {
        return std::any_of(
            approved.fields.begin(), approved.fields.end(), [&field](const FieldChange& other) {
                return other.name == field.name && !field.after.empty() && field.after == other.before;
            });
    });
}

bool is_approved_way_back(const UnitPlan& approved, const Step& fresh) {
    const bool follows = fresh.action == Action::activate_role || fresh.action == Action::verify_role;
    if (!is_way_back(fresh) || (fresh.action != Action::assign_role && !follows)) {
        return false;
    }
    return std::any_of(approved.steps.begin(), approved.steps.end(), [&](const Step& step) {
        if (step.action != Action::assign_role || !same_place(step, fresh)) {
            return false;
        }
        return follows ? follows_back(step, fresh) : exchanged(step, fresh);
    });
}

std::optional<std::string> misfit(const UnitPlan& approved,
                                  const Approved& by_id,
                                  const Step& fresh,
                                  const std::set<StepId>& to_do) {
    if (is_approved_way_back(approved, fresh)) {
        return std::nullopt;
    }
    const auto found = by_id.find(fresh.id);
    if (found == by_id.end()) {
        const std::string why =
            fresh.reasons.empty() ? "" : ": " + printable(fresh.reasons.front().text, 512);
        return name_of(fresh) + " is needed now and was not approved" + why;
    }
    const Step& step = *found->second;
    std::optional<std::string> why =
        EDGECERT_MUTANT(fields_not_compared) ? std::nullopt : differing_fields(step, fresh);
    if (!why) {
        why = differing_expectations(step, fresh);
    }
    if (!why) {
        why = lost_order(step, fresh, to_do);
    }
    if (why) {
        return name_of(fresh) + ": " + *why;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> misfit(const UnitPlan& approved, const UnitPlan& fresh) {
    Approved by_id;
    for (const Step& step : approved.steps) {
        if (step.action != Action::wait) {
            by_id.emplace(step.id, &step);
        }
    }
    std::set<StepId> to_do;
    for (const Step& step : fresh.steps) {
        if (step.action != Action::wait) {
            to_do.insert(step.id);
        }
    }
    for (const Step& step : fresh.steps) {
        if (step.action == Action::wait) {
            continue;
        }
        if (std::optional<std::string> why = misfit(approved, by_id, step, to_do)) {
            return why;
        }
    }
    return std::nullopt;
}

}  // namespace edgecert
