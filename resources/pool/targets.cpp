// The closure of a target over the steps of one pool.
#include "resources/pool/targets.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/look.h"
#include "resources/pool/retirement.h"

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
    std::set<std::pair<std::string, std::string>> on_server{};  // server and certificate
};

bool has_role(const CertificateSpec& spec, const std::string& name) {
    return spec.name == name || std::find(spec.roles.begin(), spec.roles.end(), name) != spec.roles.end();
}

std::set<std::string> called(const Pool& pool, const std::string& name) {
    std::set<std::string> certificates;
    for (const auto& spec : pool.certificates) {
        if (has_role(spec, name)) {
            certificates.insert(spec.name);
        }
    }
    return certificates;
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
    if (find_server(pool, first) == nullptr) {
        kept.certificates.merge(called(pool, first));
    } else if (slash == std::string::npos) {
        kept.servers.insert(first);
    } else {
        for (const auto& certificate : called(pool, rest.substr(slash + 1))) {
            kept.on_server.emplace(first, certificate);
        }
    }
}

// What prepares one server: all of it, or for one certificate, which stands on the trust there.
bool prepares(const Kept& part, const Step& step) {
    if (part.servers.contains(step.server)) {
        return true;
    }
    const bool for_all = step.action == Action::trust_root || step.action == Action::trust_intermediate ||
                         step.certificate.empty();
    return std::any_of(part.on_server.begin(), part.on_server.end(), [&](const auto& one) {
        return step.server == one.first && (for_all || subject_of(step) == one.second);
    });
}

// What is removed goes after every switch of the pool, and those are not in a plan for one server. While some
// are still to come, wait for somebody, or cannot be planned because a server does not answer, nothing is
// removed either: it would be needed and not approved as soon as one of them is put off.
bool may_remove(const Planning& planning) {
    const auto& pool = planning.pool;
    const auto seen = [&](const ServerSpec& server) {
        return reachable(planning.view(), server.name) != nullptr;
    };
    const auto settled = [&](const CertificateSpec& spec) { return is_settled(planning, spec); };
    return std::all_of(pool.servers.begin(), pool.servers.end(), seen) &&
           std::all_of(pool.certificates.begin(), pool.certificates.end(), settled);
}

bool is_removal(const Step& step) {
    return step.action == Action::retire_certificate || step.action == Action::distrust;
}

void keep_foundations(const std::vector<Step>& steps, std::set<StepId>& kept) {
    for (std::size_t behind = steps.size(); behind > 0; --behind) {
        const Step& step = steps[behind - 1];
        if (kept.contains(step.id)) {
            kept.insert(step.after.begin(), step.after.end());
        }
    }
}

// What a kept step waits for stays with it, wherever it stands: without it the step would not be kept, and be
// needed and not approved as soon as the wait is over.
void keep_waits(const std::vector<Step>& steps, std::set<StepId>& kept) {
    std::set<StepId> awaited;
    for (const auto& step : steps) {
        if (kept.contains(step.id)) {
            awaited.insert(step.after.begin(), step.after.end());
        }
    }
    for (const auto& step : steps) {
        if (step.action == Action::wait && awaited.contains(step.id)) {
            kept.insert(step.id);
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

std::vector<Step> narrow(Planning& planning) {
    if (planning.inputs.targets.empty() || EDGECERT_MUTANT(target_ignored)) {
        return {};
    }
    Kept wanted_part;
    for (const auto& address : planning.inputs.targets) {
        read_address(planning.pool, address, wanted_part);
    }
    if (wanted_part.all) {
        return {};
    }
    std::set<StepId> by_certificate;
    std::set<StepId> by_server;
    // What is retired goes after every role of the pool: it must not bring other certificates' roles along.
    std::set<StepId> retired;
    const bool removes = may_remove(planning);
    for (const auto& step : planning.steps) {
        if (wanted_part.certificates.contains(subject_of(step))) {
            auto& part = step.action == Action::retire_certificate ? retired : by_certificate;
            part.insert(step.id);
        }
        const bool left_alone = is_role_step(step) || (is_removal(step) && !removes);
        if (prepares(wanted_part, step) && (!left_alone || EDGECERT_MUTANT(server_target_switches))) {
            by_server.insert(step.id);
        }
    }
    keep_foundations(planning.steps, by_certificate);
    by_certificate.merge(retired);
    drop_unfounded(planning.steps, by_certificate);
    auto founded = by_server;
    keep_waits(planning.steps, founded);
    drop_unfounded(planning.steps, founded);
    std::erase_if(by_server, [&](const StepId& id) { return !founded.contains(id); });
    keep_waits(planning.steps, by_server);
    std::vector<Step> dropped;
    std::erase_if(planning.steps, [&](const Step& step) {
        const bool outside = !by_certificate.contains(step.id) && !by_server.contains(step.id);
        if (outside && step.action != Action::wait) {
            dropped.push_back(step);
        }
        return outside;
    });
    for (auto& step : planning.steps) {
        std::erase_if(step.after, [&](const StepId& id) {
            return !by_certificate.contains(id) && !by_server.contains(id);
        });
    }
    return dropped;
}

}  // namespace edgecert
