// What has to hold of every step: it was approved, and it is what was asked for.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/plan/fit.h"
#include "resources/pool/assignment.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

namespace {

bool is_role_step(Action action) {
    return action == Action::assign_role || action == Action::activate_role ||
           action == Action::verify_role || action == Action::unassign_role;
}

bool has_reason(const Step& step, const std::string& code) {
    return std::any_of(
        step.reasons.begin(), step.reasons.end(), [&](const Reason& reason) { return reason.code == code; });
}

std::string name_of(const Step& step) {
    return step.unit + ": " + std::string(to_text(step.action)) + " " + step.role + step.certificate +
           (step.server.empty() ? "" : " on " + step.server);
}

bool agree(const std::string& a, const std::string& b) {
    return a == b || a == known_later || b == known_later;
}

bool agree(const Step& approved, const Step& step) {
    return approved.fields.size() == step.fields.size() &&
           std::equal(approved.fields.begin(),
                      approved.fields.end(),
                      step.fields.begin(),
                      [](const FieldChange& a, const FieldChange& b) {
                          return a.name == b.name && agree(a.before, b.before) && agree(a.after, b.after);
                      });
}

// Back to what an approved assignment of this role on this server came from.
bool leads_back(const Step& approved, const Step& step) {
    if (approved.action != Action::assign_role || approved.server != step.server ||
        approved.role != step.role) {
        return false;
    }
    return !step.fields.empty() && !approved.fields.empty() && !step.fields.front().after.empty() &&
           step.fields.front().after == approved.fields.front().before;
}

// Does an address name this unit, its site, or the certificate by its name or a role?
bool names(const std::string& address, const Step& step, const Pool& pool) {
    if (address == pool.name || address == pool.site || address == pool.name + "/" + step.certificate) {
        return true;
    }
    for (const CertificateSpec& spec : pool.certificates) {
        for (const std::string& role : spec.roles) {
            if (spec.name == step.certificate && address == pool.name + "/" + role) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

void Judge::begins(const Plan* approved, const Step& step, const SimController& by) {
    returns_at_begin_[&by] = returns_;
    rejected_at_begin_[&by] = rejected_for_all(step);
    deceived_at_begin_[&by] = by.disturbed();
    if (approved == nullptr) {
        return;
    }
    i6_only_what_was_approved(*approved, step);
    only_what_is_targeted(approved->inputs, step);
    for (const Pool& pool : fleet_.pools) {
        const auto asked = [&](const std::vector<std::string>& addresses) {
            return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
                return names(address, step, pool);
            });
        };
        if (pool.name == step.unit && ((has_reason(step, "retry") && !asked(approved->inputs.retry)) ||
                                       (has_reason(step, "resubmit") && !asked(approved->inputs.resubmit)))) {
            violate("asked", name_of(step) + ", and nobody asked for it");
        }
    }
}

// Apply carries out the approved plan and nothing else, but for the way back.
void Judge::i6_only_what_was_approved(const Plan& approved, const Step& step) {
    count(6);
    for (const UnitPlan& unit : approved.units) {
        if (unit.overview.unit != step.unit) {
            continue;
        }
        const bool fits = std::any_of(unit.steps.begin(), unit.steps.end(), [&](const Step& one) {
            return (one.id == step.id && agree(one, step)) || (is_way_back(step) && leads_back(one, step));
        });
        if (fits) {
            return;
        }
    }
    violate("I6", name_of(step) + " is done and was not approved");
}

// A target narrows: other pools are left alone, and a server's address never switches anything.
void Judge::only_what_is_targeted(const PlanInputs& inputs, const Step& step) {
    if (inputs.targets.empty() || step.unit.starts_with("authority/")) {
        return;
    }
    count(3);
    bool whole = false;
    bool touched = false;
    bool certificate = false;
    for (const Pool& pool : fleet_.pools) {
        for (const std::string& address : inputs.targets) {
            if (pool.name != step.unit) {
                continue;
            }
            whole = whole || address == pool.name || address == pool.site;
            touched = touched || whole || address.starts_with(pool.name + "/");
            certificate = certificate || names(address, step, pool);
        }
    }
    if (!touched) {
        violate("target", name_of(step) + " is done in a pool that was not named");
    } else if (!whole && is_role_step(step.action) && !certificate) {
        violate("target", name_of(step) + " switches what was not named");
    }
}

}  // namespace edgecert::simulation
