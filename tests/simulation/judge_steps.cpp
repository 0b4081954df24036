// What has to hold of every step: it was approved, it is what was asked for, and a failure of a service is
// remembered before anything else is done.
#include <algorithm>
#include <string>
#include <tuple>
#include <variant>
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

namespace {

// Not seen through with it before, and with something valid to go back to: a run may have been killed on the
// pool's way, and what fails here is the switch.
bool is_in_its_switch(const MemoryServer& machine, const Step& step, const CertificateId& id, Instant now) {
    const RoleRecord* record = record_of(machine.state, step.role);
    const PersonalEntry* before = record == nullptr ? nullptr : held(machine.state, record->previous);
    const bool seen = record != nullptr && record->assigned == id &&
                      (record->verified == id || record->verified_checks == checks_digest({}, {}));
    return !seen && before != nullptr && before->key == KeyState::present &&
           before->certificate->not_after > now;
}

}  // namespace

// Does a server that counts serve it, told and seen to answer as far as anybody asks, and not by a switch of
// this very run, while none serves anything else in this role? "What serves and was verified does not go
// back": then the failure is the one server's. One that it failed on before goes its own way.
bool Judge::is_served_well(const Pool& pool,
                           const Step& step,
                           const CertificateId& id,
                           const SimController& by) const {
    const CertificateSpec* spec = nullptr;
    for (const CertificateSpec& one : pool.certificates) {
        spec = one.name == step.certificate ? &one : spec;
    }
    bool well = false;
    for (const ServerSpec& server : pool.servers) {
        if (server.name == step.server &&
            is_in_its_switch(*world_.servers.at(server.store.directory), step, id, world_.now)) {
            return false;
        }
    }
    for (const ServerSpec& server : pool.servers) {
        const MemoryServer& machine = *world_.servers.at(server.store.directory);
        const RoleRecord* record = record_of(machine.state, step.role);
        const bool counts = !server.absent && !server.outside && !server.maintenance && record != nullptr &&
                            by.in_touch().contains(server.store.directory);
        if (!counts || spec == nullptr) {
            continue;
        }
        const PersonalEntry* serves = held(machine.state, record->assigned);
        const bool failed_here =
            std::any_of(record->rejected.begin(), record->rejected.end(), [&](const Rejection& one) {
                return one.certificate == id && one.requirement != digest(spec->requirement);
            });
        if (record->assigned == id) {
            const bool told = server.name == step.server || !machine.activates || record->activated == id;
            const bool seen = record->verified == id || record->verified_checks == checks_digest({}, {});
            const auto place = std::tuple{machine.name, step.role, id};
            const auto mine = switches_.find(&by);
            well = well || (told && seen && (mine == switches_.end() || !mine->second.contains(place)));
        } else if (serves != nullptr && serves->certificate->not_after > world_.now && !failed_here) {
            return false;
        }
    }
    return well;
}

// Within the step that finds a service refusing its certificate nothing is assigned: what goes back does so
// by steps of its own, behind the rejection.
void Judge::rejected_before_it_goes_back(const MemoryServer& server, const StoreState& before) {
    if (action_ != Action::activate_role && action_ != Action::verify_role) {
        return;
    }
    for (const RoleRecord& record : server.state.roles) {
        const RoleRecord* was = record_of(before, record.role);
        const bool moved = was != nullptr && was->assigned != record.assigned;
        if (moved && std::none_of(was->rejected.begin(), was->rejected.end(), [&](const Rejection& one) {
                return one.certificate == was->assigned;
            })) {
            violate("rejection",
                    record.role + " on " + server.name + " leaves " + brief(was->assigned) +
                        " before anybody notes that it was rejected");
        }
    }
}

namespace {

// The certificate that a step is about, by whichever of its names.
std::string object_of(const Pool& pool, const Step& step, const SimWorld& world) {
    std::string certificate;
    for (const ServerSpec& server : pool.servers) {
        for (const PersonalEntry& entry : world.servers.at(server.store.directory)->state.personal) {
            if (entry.id == step.object || (!entry.issuance.empty() && entry.issuance == step.object)) {
                certificate = entry.id;
            }
        }
    }
    return certificate;
}

bool remembers(const StoreState& state, const std::string& role, const CertificateId& certificate) {
    const RoleRecord* record = record_of(state, role);
    return record != nullptr &&
           std::any_of(record->rejected.begin(), record->rejected.end(), [&](const Rejection& one) {
               return one.certificate == certificate;
           });
}

}  // namespace

// A rejection is durable on every server that can be reached before anything goes back, so that no run tries
// it again by itself; a failure of one server alone, on that server.
void Judge::failed(const Step& step, const Failed& why, const SimController& by) {
    const bool rejects = why.why.code == "activation-failed" || why.why.code == "verification-failed";
    const bool in_touch = world_.flapping.empty() && world_.away.empty();
    // Since this controller began its step, whatever others did meanwhile: it may not have been told of it.
    const bool returned = returns_at_begin_[&by] != returns_;
    if (!rejects || is_way_back(step) || by.disturbed() || by.dead() || !in_touch || returned ||
        why.why.text.find("could not be written everywhere") != std::string::npos) {
        return;
    }
    count(2);
    for (const Pool& pool : fleet_.pools) {
        if (pool.name != step.unit) {
            continue;
        }
        const auto certificate = object_of(pool, step, world_);
        const bool here_only = is_served_well(pool, step, certificate, by);
        for (const ServerSpec& server : pool.servers) {
            const std::string& place = server.store.directory;
            const bool concerned = !here_only || server.name == step.server;
            if (!concerned || server.absent || server.outside || !by.in_touch().contains(place)) {
                continue;
            }
            if (!remembers(world_.servers.at(place)->state, step.role, certificate)) {
                violate("rejection",
                        step.role + " failed with " + certificate.substr(0, 8) + ", and " + place +
                            " does not remember it");
            }
        }
    }
}

}  // namespace edgecert::simulation
