// What has to be remembered when a service refuses its certificate, before anything else is done: everywhere
// when a switch fails, on its server when that one fails alone.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "resources/pool/assignment.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/judge_looks.h"

namespace edgecert::simulation {

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

// Which servers hold a rejection of this requirement, which the whole pool minds, and since when.
std::set<Judge::Rejected> Judge::rejected_for_all(const Step& step) const {
    std::set<Rejected> found;
    if (step.action != Action::activate_role && step.action != Action::verify_role) {
        return found;
    }
    for (const Pool& pool : fleet_.pools) {
        for (const CertificateSpec& spec : pool.certificates) {
            if (pool.name != step.unit || spec.name != step.certificate) {
                continue;
            }
            const std::string requirement = digest(spec.requirement);
            for (const ServerSpec& server : pool.servers) {
                const RoleRecord* record =
                    record_of(world_.servers.at(server.store.directory)->state, step.role);
                for (const Rejection& one : record == nullptr ? std::vector<Rejection>{} : record->rejected) {
                    if (one.requirement == requirement) {
                        found.emplace(server.store.directory, one.certificate, one.at);
                    }
                }
            }
        }
    }
    return found;
}

// A rejection is durable on every server that can be reached before anything goes back, so that no run tries
// it again by itself; a failure of one server alone, on that server, and nothing that the others would mind.
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
        // Not of several runs at once: each may take for its own switch what another one did before it.
        const bool certain = here_only && !deceived_at_begin_[&by] && !world_.pass_the_turn;
        for (const auto& [place, rejected, at] : rejected_for_all(step)) {
            const bool before = rejected_at_begin_[&by].contains({place, rejected, at});
            if (certain && rejected == certificate && !before) {
                violate("rejection",
                        step.role + " failed on " + step.server + " alone, where the pool serves " +
                            certificate.substr(0, 8) + ", and " + place + " rejects it for all");
            }
        }
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
