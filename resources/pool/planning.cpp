// How steps are made, linked and addressed while a plan is walked.
#include "resources/pool/planning.h"

#include <algorithm>
#include <utility>

#include "resources/pool/look.h"

namespace edgecert {

PoolView& Planning::project() {
    if (!projected) {
        projected = *observed;
    }
    return *projected;
}

const std::string& Planning::requirement(const CertificateSpec& spec) const {
    auto& known = looked->requirements[spec.name];
    if (known.empty()) {
        known = digest(spec.requirement);
    }
    return known;
}

StepId Planning::add(Step step) {
    step.unit = pool.name;
    step.id = step_id(step);
    if (!step.server.empty() && !step.wait) {
        step.summary.insert(0, step.server + ": ");
    }
    for (const auto& wait : waits_for(*this, subject_of(step))) {
        step.after.push_back(wait);
    }
    std::erase(step.after, step.id);
    std::sort(step.after.begin(), step.after.end());
    step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
    const auto same = [&step](const Step& other) { return other.id == step.id; };
    if (const auto known = std::find_if(steps.begin(), steps.end(), same); known != steps.end()) {
        for (auto& reason : step.reasons) {
            if (std::find(known->reasons.begin(), known->reasons.end(), reason) == known->reasons.end()) {
                known->reasons.push_back(std::move(reason));
            }
        }
        return step.id;
    }
    steps.push_back(std::move(step));
    return steps.back().id;
}

Planning make_planning(const Pool& pool,
                       const std::map<std::string, AuthoritySpec>& authorities,
                       const PlanInputs& inputs,
                       std::shared_ptr<const PoolView> observed) {
    Planning planning{pool, authorities, inputs};
    planning.observed = std::move(observed);
    for (const auto& [name, server] : planning.observed->servers) {
        planning.last_look = std::max(planning.last_look, server.observed);
    }
    planning.looked = std::make_shared<Looked>();
    for (const auto& server : pool.servers) {
        planning.looked->servers.push_back(reachable(*planning.observed, server.name));
    }
    return planning;
}

Planning make_planning(const Pool& pool,
                       const std::map<std::string, AuthoritySpec>& authorities,
                       const PlanInputs& inputs,
                       PoolView observed) {
    return make_planning(pool, authorities, inputs, std::make_shared<const PoolView>(std::move(observed)));
}

Planning as_observed(const Planning& planning) {
    Planning present{planning.pool, planning.authorities, planning.inputs};
    present.observed = planning.observed;
    present.last_look = planning.last_look;
    present.looked = planning.looked;
    return present;
}

Step make_step(const Planning& planning,
               Action action,
               const std::string& server,
               const std::string& certificate) {
    Step step;
    step.action = action;
    step.unit = planning.pool.name;
    step.server = server;
    step.certificate = certificate;
    return step;
}

namespace {

// What made somebody wait: time, what the stores or a CA did, or what is declared. A request on its way is
// new.
Cause cause_of_wait(const std::string& code) {
    if (code == "not-yet-valid" || code == "authority-expired") {
        return Cause::time;
    }
    if (code == "no-pin" || code == "authority-changed" || code == "last-copy" || code == "dissolved") {
        return Cause::manifest;
    }
    const bool on_its_way = code == "request-pending" || code == "request-denied" ||
                            code == "answer-unusable" || code == "answer-ambiguous" || code == "no-chain";
    return on_its_way ? Cause::fresh : Cause::drift;
}

// How far it holds things up. Only behind a CA that works on a request do the certificate's own steps stand
// in the same plan.
std::string held_up(const std::string& certificate, const Wait& wait) {
    if (wait.kind == WaitKind::authority) {
        return "the steps for " + certificate + " that need it come after that";
    }
    if (certificate.starts_with(about_authority({}))) {
        return "what needs its chain is left until then";
    }
    if (!certificate.empty()) {
        return "no new certificate serves as " + certificate + " before that";
    }
    return wait.kind == WaitKind::server ? "what needs that server is left until then"
                                         : "this is left until then";
}

}  // namespace

Step make_wait(const Planning& planning, const std::string& certificate, Wait wait) {
    auto step = make_step(planning, Action::wait, {}, certificate);
    step.summary = certificate.empty() ? wait.on_whom : certificate + " waits";
    const auto* spec = find_certificate(planning.pool, certificate);
    step.reasons.push_back({wait.code,
                            held_up(certificate, wait),
                            cause_of_wait(wait.code),
                            spec == nullptr ? planning.pool.where : spec->where});
    step.wait = std::move(wait);
    return step;
}

std::string about_authority(const std::string& authority) {
    return "authority/" + authority;
}

std::string subject_of(const Step& step) {
    const bool trust = step.action == Action::trust_root || step.action == Action::trust_intermediate ||
                       step.action == Action::distrust;
    return trust ? about_authority(step.certificate) : step.certificate;
}

std::vector<StepId> waits_for(const Planning& planning, const std::string& certificate) {
    std::vector<StepId> found;
    for (const auto& step : planning.steps) {
        // What one server waits for alone holds up nothing else.
        const bool whole = step.action == Action::wait && step.server.empty();
        if (whole && !step.certificate.empty() && step.certificate == certificate) {
            found.push_back(step.id);
        }
    }
    return found;
}

std::vector<StepId> trust_on(const Planning& planning, const std::string& server) {
    std::vector<StepId> found;
    for (const auto& step : planning.steps) {
        if (step.server == server &&
            (step.action == Action::trust_root || step.action == Action::trust_intermediate)) {
            found.push_back(step.id);
        }
    }
    return found;
}

bool addressed(const std::vector<std::string>& addresses, const Pool& pool, const CertificateSpec& spec) {
    const auto names_it = [&](const std::string& address) {
        if (address == pool.name || address == pool.site || address == pool.name + "/" + spec.name) {
            return true;
        }
        return std::any_of(spec.roles.begin(), spec.roles.end(), [&](const std::string& role) {
            return address == pool.name + "/" + role;
        });
    };
    return std::any_of(addresses.begin(), addresses.end(), names_it);
}

}  // namespace edgecert
