// plan_pool: the providers in the order of the law, one after the other, on a view that walks forward.
#include <algorithm>
#include <set>
#include <utility>

#include "resources/authorities/unit.h"
#include "resources/pool/closed.h"
#include "resources/pool/granted.h"
#include "resources/pool/judgement.h"
#include "resources/pool/left_over.h"
#include "resources/pool/look.h"
#include "resources/pool/overview.h"
#include "resources/pool/provider.h"
#include "resources/pool/targets.h"
#include "resources/pool/unit.h"
#include "resources/pool/warnings.h"

namespace edgecert {

namespace {

// What nobody can do anything about from here: servers that do not answer, authorities without a pin.
void add_servers_that_do_not_answer(Planning& planning) {
    for (const auto& server : planning.pool.servers) {
        const auto view = planning.view().servers.find(server.name);
        const bool away = view == planning.view().servers.end() || !view->second.reachable;
        if (!away || (server.maintenance && !server.absent)) {
            continue;
        }
        const bool seen = view != planning.view().servers.end();
        const auto why = seen ? view->second.error : std::string{"it was not observed"};
        auto wait = make_wait(
            planning, {}, {WaitKind::server, "server-unreachable", "server " + server.name, {}, why});
        wait.server = server.name;
        planning.add(std::move(wait));
    }
}

// It cannot be reached, and that alone is why there is no chain.
bool is_silent(const AuthorityView& authority) {
    return !authority.reachable && authority.chain.empty() &&
           (authority.chain_problem.empty() || authority.chain_problem == authority.error);
}

void add_authorities_without_pin(Planning& planning) {
    for (const auto& name : planning.pool.authorities) {
        const auto view = planning.view().authorities.find(name);
        const auto spec = planning.authorities.find(name);
        if (view == planning.view().authorities.end() || spec == planning.authorities.end()) {
            continue;
        }
        const auto& authority = *view->second;
        if (!authority.pinned) {
            std::string what = "pin its root under chain.roots";
            for (const auto& root : authority.unpinned_roots) {
                what += "; sha256:" + root->sha256 + " (" + root->subject_text + ", until " +
                        to_rfc3339(root->not_after) + ")";
            }
            auto wait =
                make_wait(planning,
                          about_authority(name),
                          {WaitKind::person, "no-pin", "whoever knows the root of " + name, {}, what});
            wait.reasons.front().where = spec->second.where;
            planning.add(std::move(wait));
        } else if (is_silent(authority)) {
            // What the pool's stores trust already is chain enough; what needs the CA itself waits for it by
            // itself.
            if (declared_chain(spec->second, planning.view()).empty()) {
                planning.add(make_wait(
                    planning,
                    about_authority(name),
                    {WaitKind::authority_unreachable, "authority-unreachable", name, {}, authority.error}));
            }
        } else if (!authority.chain_problem.empty() && spec->second.is_local()) {
            auto wait = wait_for_folder(spec->second, authority);
            wait.what_to_do.insert(0, authority.chain_problem + "; ");
            planning.add(make_wait(planning, about_authority(name), std::move(wait)));
        } else if (!authority.chain_problem.empty()) {
            planning.add(make_wait(planning,
                                   about_authority(name),
                                   {WaitKind::person,
                                    "no-chain",
                                    "whoever has the chain of " + name,
                                    {},
                                    authority.chain_problem}));
        }
    }
}

// Certificates of an authority that has no usable chain wait with it; nothing of a pool with an unpinned one
// is touched.
bool block_certificates(Planning& planning) {
    bool pinned = true;
    std::set<std::string> without_chain;
    for (const auto& step : planning.steps) {
        if (step.wait && !step.certificate.empty()) {
            pinned = pinned && step.wait->code != "no-pin";
            without_chain.insert(step.certificate);
        }
    }
    for (const auto& spec : planning.pool.certificates) {
        const auto authority = planning.authorities.find(spec.requirement.authority);
        const bool chainless = authority != planning.authorities.end() &&
                               declared_chain(authority->second, planning.view()).empty();
        if (without_chain.contains(about_authority(spec.requirement.authority)) && chainless) {
            planning.blocked.insert(spec.name);
        }
    }
    return pinned;
}

void add_closed_stores(Planning& planning, const std::vector<const ServerSpec*>& closed) {
    for (const auto* server : closed) {
        auto wait = make_wait(planning,
                              {},
                              {WaitKind::server,
                               "store-closed",
                               "server " + server->name,
                               {},
                               why_closed(*reachable(planning.view(), server->name))});
        wait.server = server->name;
        planning.add(std::move(wait));
    }
}

bool holds_up_nothing(const ServerSpec& server) {
    return server.maintenance && !server.absent;
}

// As if those in maintenance whose stores cannot be changed could not be reached.
UnitPlan plan_beside(const Pool& pool,
                     const std::map<std::string, AuthoritySpec>& authorities,
                     const PoolView& view,
                     const PlanInputs& inputs,
                     const std::vector<const ServerSpec*>& closed) {
    auto rest = view;
    std::vector<Diagnostic> warnings;
    for (const auto* server : closed) {
        auto& seen = rest.servers[server->name];
        seen.error = why_closed(seen);
        seen.reachable = false;
        warnings.push_back({Severity::warning,
                            "store-closed",
                            server->name + " is in maintenance and stays as it is: " + seen.error,
                            server->where,
                            {},
                            {}});
    }
    auto plan = plan_pool(pool, authorities, rest, inputs);
    plan.diagnostics.insert(plan.diagnostics.begin(), warnings.begin(), warnings.end());
    return plan;
}

// The planning does not outlive it.
std::shared_ptr<const PoolView> borrowed(const PoolView& view) {
    return {std::shared_ptr<void>(), &view};
}

// What people read above the steps, and the steps.
UnitPlan told(Planning& planning, const PoolView& view, const std::vector<Step>& dropped) {
    UnitPlan plan;
    const auto present = as_observed(planning);
    const auto rows = served(present);
    plan.overview = overview(planning, view, rows);
    plan.diagnostics = granted_otherwise(planning, view);
    const auto add = [&plan](std::vector<Diagnostic> more) {
        plan.diagnostics.insert(plan.diagnostics.end(), more.begin(), more.end());
    };
    add(pool_warnings(present, rows));
    add(left_over(present));
    add(left_outside_target(planning.pool, dropped));
    if (planning.inputs.until_installed) {
        auto whole = planning.inputs;
        whole.until_installed = false;
        add(left_at_barrier(planning.pool,
                            plan_pool(planning.pool, planning.authorities, view, whole).steps));
    }
    plan.steps = std::move(planning.steps);
    return plan;
}

}  // namespace

UnitPlan plan_pool(const Pool& pool,
                   const std::map<std::string, AuthoritySpec>& authorities,
                   const PoolView& view,
                   const PlanInputs& inputs) {
    const auto begin = [&] {
        auto planning = make_planning(pool, authorities, inputs, borrowed(view));
        add_servers_that_do_not_answer(planning);
        add_authorities_without_pin(planning);
        return planning;
    };
    auto planning = begin();
    if (block_certificates(planning)) {
        for (const auto& provider : make_providers()) {
            provider->diff(planning);
        }
    }
    const std::vector<Step> dropped = narrow(planning);
    const auto closed = closed_in_the_way(pool, view, planning.steps);
    if (closed.empty()) {
        return told(planning, view, dropped);
    }
    if (std::all_of(
            closed.begin(), closed.end(), [](const auto* server) { return holds_up_nothing(*server); })) {
        return plan_beside(pool, authorities, view, inputs, closed);
    }
    auto waiting = begin();
    narrow(waiting);
    add_closed_stores(waiting, closed);  // behind it: a request is noted outside the target too
    return told(waiting, view, dropped);
}

}  // namespace edgecert
