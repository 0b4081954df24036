// Planning: the view of a pool as it will be after the steps so far, and those steps; what every provider's
// diff works on.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

struct Looked;  // answers of look.h, given once

// A value that lives for one plan. Providers add steps in the order in which they would run and leave the
// view as it will be. Most plans change nothing: the view is copied when the first step changes it, and until
// then what was asked of it need not be found out again.
struct Planning {
    const Pool& pool;
    const std::map<std::string, AuthoritySpec>& authorities;
    const PlanInputs& inputs;
    std::shared_ptr<const PoolView> observed{};  // never null
    std::optional<PoolView> projected{};         // none: still as observed
    std::vector<Step> steps{};
    std::set<std::string> blocked{};  // certificates that somebody has to act for first
    std::map<std::string, std::vector<StepId>>
        barrier{};                     // certificate → steps after which every server holds it
    Instant last_look{};               // of the latest observation
    std::shared_ptr<Looked> looked{};  // about `observed`; shared by the plannings that look at it

    // As it is after the steps so far. What refers into it stays valid but grows old with the next step.
    [[nodiscard]] const PoolView& view() const { return projected ? *projected : *observed; }
    // The same, for the changes that a step makes.
    [[nodiscard]] PoolView& project();

    [[nodiscard]] Instant now() const { return inputs.at; }
    // The digest of its requirement, computed once.
    [[nodiscard]] const std::string& requirement(const CertificateSpec& spec) const;
    // An approved plan is walked again for its own time; what has come or passed meanwhile in validity is
    // judged by when the servers were seen.
    [[nodiscard]] Instant valid_at() const { return std::max(inputs.at, last_look); }
    // Names the step, links it behind `after` and behind the waits of its certificate, and returns its id.
    StepId add(Step step);
};

// Before anything is planned: the view as it is. With a pointer the view is not copied; it never changes.
[[nodiscard]] Planning make_planning(const Pool& pool,
                                     const std::map<std::string, AuthoritySpec>& authorities,
                                     const PlanInputs& inputs,
                                     std::shared_ptr<const PoolView> observed);
[[nodiscard]] Planning make_planning(const Pool& pool,
                                     const std::map<std::string, AuthoritySpec>& authorities,
                                     const PlanInputs& inputs,
                                     PoolView observed);

// The same pool as it was observed, for questions about the present.
[[nodiscard]] Planning as_observed(const Planning& planning);

// A step with its place filled in.
[[nodiscard]] Step make_step(const Planning& planning,
                             Action action,
                             const std::string& server,
                             const std::string& certificate);
[[nodiscard]] Step make_wait(const Planning& planning, const std::string& certificate, Wait wait);

// An authority as waits name it: it may be called like a certificate.
[[nodiscard]] std::string about_authority(const std::string& authority);
// What a step is about: the certificate's name, or about_authority() for trust steps; "": the pool.
[[nodiscard]] std::string subject_of(const Step& step);

// May steps go on behind this wait in the same plan? Only a CA that still works on a request leaves the rest
// of the plan standing.
[[nodiscard]] std::vector<StepId> waits_for(const Planning& planning, const std::string& certificate);

// The steps so far that make this server trust something: what is installed or serves there stands on them.
[[nodiscard]] std::vector<StepId> trust_on(const Planning& planning, const std::string& server);

// Does one of the addresses name this pool, its site, or this certificate (by name or by one of its roles)?
[[nodiscard]] bool addressed(const std::vector<std::string>& addresses,
                             const Pool& pool,
                             const CertificateSpec& spec);

}  // namespace edgecert
