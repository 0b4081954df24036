// The closure of a target over the steps of one pool.
#include "resources/pool/targets.h"

#include <algorithm>
#include <set>

#include "engine/text/mutant.h"
#include "resources/pool/look.h"

namespace edgecert {

namespace {

bool is_role_step(const Step& step) {
    return step.action == Action::assign_role || step.action == Action::activate_role ||
           step.action == Action::verify_role || step.action == Action::unassign_role;
}

// What one address keeps of the pool.
struct Kept {
    bool all{};
    std::set<std::string> servers{};
    std::set<std::string> certificates{};
};

bool has_role(const CertificateSpec& spec, const std::string& name) {
    return spec.name == name || std::find(spec.roles.begin(), spec.roles.end(), name) != spec.roles.end();
}

void read_address(const Pool& pool, const std::string& address, Kept& kept) {
    if (address == pool.name || address == pool.site) {
        kept.all = true;
        return;
    }
    if (!address.starts_with(pool.name + "/")) {
        return;
    }
    auto rest = address.substr(pool.name.size() + 1);
    const auto slash = rest.find('/');
    const auto first = rest.substr(0, slash);
    if (find_server(pool, first) != nullptr) {
        kept.servers.insert(first);
        return;
    }
    for (const auto& spec : pool.certificates) {
        if (has_role(spec, first)) {
            kept.certificates.insert(spec.name);
        }
    }
}

void keep_foundations(const std::vector<Step>& steps, std::set<StepId>& kept) {
    for (std::size_t behind = steps.size(); behind > 0; --behind) {
        const Step& step = steps[behind - 1];
        if (kept.contains(step.id)) {
            kept.insert(step.after.begin(), step.after.end());
        }
    }
}

void drop_unfounded(const std::vector<Step>& steps, std::set<StepId>& kept) {
    for (const auto& step : steps) {
        const bool founded = std::all_of(
            step.after.begin(), step.after.end(), [&](const StepId& id) { return kept.contains(id); });
        if (!founded) {
            kept.erase(step.id);
        }
    }
}

}  // namespace

void narrow(Planning& planning) {
    if (planning.inputs.targets.empty()) {
        return;
    }
    Kept wanted_part;
    if (EDGECERT_MUTANT(target_ignored)) {
        return;
    }
    for (const auto& address : planning.inputs.targets) {
        read_address(planning.pool, address, wanted_part);
    }
    if (wanted_part.all) {
        return;
    }
    std::set<StepId> by_certificate;
    std::set<StepId> by_server;
    // What is retired goes after every role of the pool: it must not bring other certificates' roles along.
    std::set<StepId> retired;
    for (const auto& step : planning.steps) {
        if (wanted_part.certificates.contains(step.certificate)) {
            auto& part = step.action == Action::retire_certificate ? retired : by_certificate;
            part.insert(step.id);
        }
        if (wanted_part.servers.contains(step.server) &&
            (!is_role_step(step) || EDGECERT_MUTANT(server_target_switches))) {
            by_server.insert(step.id);
        }
    }
    keep_foundations(planning.steps, by_certificate);
    by_certificate.merge(retired);
    drop_unfounded(planning.steps, by_certificate);
    drop_unfounded(planning.steps, by_server);
    std::erase_if(planning.steps, [&](const Step& step) {
        return !by_certificate.contains(step.id) && !by_server.contains(step.id);
    });
    for (auto& step : planning.steps) {
        std::erase_if(step.after, [&](const StepId& id) {
            return !by_certificate.contains(id) && !by_server.contains(id);
        });
    }
}

}  // namespace edgecert
