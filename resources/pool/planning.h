// Planning: the view of a pool as it will be after the steps so far, and those steps; what every provider's
// diff works on.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

// A value that lives for one plan. Providers add steps in the order in which they would run and leave `view`
// as it will be.
struct Planning {
    const Pool& pool;
    const std::map<std::string, AuthoritySpec>& authorities;
    const PlanInputs& inputs;
    PoolView view{};
    std::vector<Step> steps{};
    std::set<std::string> blocked{};  // certificates that somebody has to act for first
    std::map<std::string, std::vector<StepId>>
        barrier{};  // certificate → steps after which every server holds it
    std::map<std::string, std::string>
        requirements{};  // certificate → digest of its requirement, computed once

    [[nodiscard]] Instant now() const { return inputs.at; }
    [[nodiscard]] const std::string& requirement(const CertificateSpec& spec) const {
        return requirements.at(spec.name);
    }
    // An approved plan is walked again for its own time; what has come or passed meanwhile in validity is
    // judged by when the servers were seen.
    [[nodiscard]] Instant valid_at() const;
    // Names the step, links it behind `after` and behind the waits of its certificate, and returns its id.
    StepId add(Step step);
};

// Before anything is planned: the view as it is.
[[nodiscard]] Planning make_planning(const Pool& pool,
                                     const std::map<std::string, AuthoritySpec>& authorities,
                                     const PlanInputs& inputs,
                                     PoolView view);

// A step with its place filled in.
[[nodiscard]] Step make_step(const Planning& planning,
                             Action action,
                             const std::string& server,
                             const std::string& certificate);
[[nodiscard]] Step make_wait(const Planning& planning, const std::string& certificate, Wait wait);

// May steps go on behind this wait in the same plan? Only a CA that still works on a request leaves the rest
// of the plan standing.
[[nodiscard]] std::vector<StepId> waits_for(const Planning& planning, const std::string& certificate);

// Does one of the addresses name this pool, its site, or this certificate (by name or by one of its roles)?
[[nodiscard]] bool addressed(const std::vector<std::string>& addresses,
                             const Pool& pool,
                             const CertificateSpec& spec);

}  // namespace edgecert
