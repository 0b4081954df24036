// Assignment, planned: one server after the other, each role activated and verified before the next.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/assignment_role.h"
#include "resources/pool/choice.h"
#include "resources/pool/look.h"
#include "resources/pool/server_failure.h"

namespace edgecert {

std::optional<std::string> barrier_gap(const Planning& planning, const CertificateId& id) {
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        if (in_barrier(server) && (view == nullptr || !holds(*view, id)) &&
            !EDGECERT_MUTANT(barrier_skipped)) {
            return server.name;
        }
    }
    return std::nullopt;
}

namespace {

bool is_served(const Planning& planning, const std::string& role, const CertificateId& id) {
    return std::any_of(
        planning.pool.servers.begin(), planning.pool.servers.end(), [&](const ServerSpec& server) {
            const auto* view = is_member(server) ? reachable(planning, server) : nullptr;
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            return record != nullptr && record->assigned == id;
        });
}

}  // namespace

bool joins(const Planning& planning,
           const CertificateSpec& spec,
           const std::string& role,
           const CertificateId& id) {
    const auto now_serving = serving(planning, spec);
    return (!now_serving.empty() && now_serving.front().id == id && is_served(planning, role, id) &&
            !EDGECERT_MUTANT(nobody_joins)) ||
           EDGECERT_MUTANT(every_switch_joins);
}

bool takes_nothing_out(const Planning& planning,
                       const ServerView& server,
                       const std::string& role,
                       const CertificateId& id) {
    const auto* record = role_record(server, role);
    if (record == nullptr || record->assigned.empty() || record->dangling || record->assigned == id) {
        return true;
    }
    const auto* entry = personal(server, record->assigned);
    return entry == nullptr || entry->key != KeyState::present ||
           (entry->certificate && entry->certificate->not_after <= planning.valid_at());
}

namespace {

bool is_assigned_everywhere(const Planning& planning, const CertificateSpec& spec, const CertificateId& id) {
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning, *server);
        for (const auto& role : spec.roles) {
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            if (view != nullptr && (record == nullptr || record->assigned != id || record->dangling)) {
                return false;
            }
        }
    }
    return true;
}

std::set<std::string> joining_roles(const Planning& planning,
                                    const CertificateSpec& spec,
                                    const CertificateId& id) {
    std::set<std::string> found;
    for (const auto& role : spec.roles) {
        if (joins(planning, spec, role, id)) {
            found.insert(role);
        }
    }
    return found;
}

using Place = std::pair<std::string, std::string>;  // a server and a role

// Where a run ended in the middle. These come first: such a server counts among the unavailable ones.
std::set<Place> under_way(const Planning& planning, const Move& move) {
    std::set<Place> found;
    for (const auto* server : members(planning.pool)) {
        for (const auto& role : move.spec.roles) {
            if (is_untold(planning, move, server->name, role) && !EDGECERT_MUTANT(all_at_once)) {
                found.emplace(server->name, role);
            }
        }
    }
    return found;
}

// A pass over the servers: what is under way, or, behind that, everything.
struct Turn {
    Move move;
    const std::set<std::string>& joining;  // roles
    bool gap{};
    const std::set<Place>* only{};  // none: everything
};

// Returns the steps behind which the next one is switched.
std::vector<StepId> diff_servers(Planning& planning, const Turn& turn, std::vector<StepId> behind) {
    const auto& spec = turn.move.spec;
    const auto& target = turn.move.target;
    const auto& barrier = planning.barrier[spec.name];
    // Groups by the servers' places, whether or not a server still has anything to do, so that they stay the
    // same while the plan is carried out.
    std::vector<StepId> group;
    int place = 0;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning, *server);
        if (place++ % planning.pool.max_unavailable == 0 && !EDGECERT_MUTANT(all_at_once)) {
            behind.insert(behind.end(), group.begin(), group.end());
            group.clear();
        }
        if (view == nullptr || !holds(*view, target.id) || !is_trusted(*view, target.entry->certificate) ||
            has_failed(planning, spec, server->name, target.id)) {
            continue;
        }
        std::vector<RoleTurn> turns;
        for (const auto& role : spec.roles) {
            const bool joins_now = turn.joining.contains(role);
            const bool left_out = turn.only != nullptr && !turn.only->contains({server->name, role});
            const bool waits =
                turn.gap && !(joins_now && takes_nothing_out(planning, *view, role, target.id));
            if (waits || left_out) {
                continue;
            }
            turns.push_back({server->name, role, behind});
            if (!joins_now) {
                auto& first = turns.back().behind;
                first.insert(first.end(), barrier.begin(), barrier.end());
            }
        }
        const auto last = turn.only == nullptr ? diff_roles(planning, turn.move, turns)
                                               : diff_switches(planning, turn.move, turns);
        group.insert(group.end(), last.begin(), last.end());
    }
    behind.insert(behind.end(), group.begin(), group.end());
    return behind;
}

void diff_pool(Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    if (planning.inputs.until_installed) {
        return;
    }
    // A server that joins gets the pool's certificate whatever the others do; anything else is a switch, and
    // waits for all.
    const auto joining = joining_roles(planning, spec, target.id);
    const bool gap = barrier_gap(planning, target.id).has_value();
    if (gap && joining.empty()) {
        return;
    }
    const auto& certificate = target.entry->certificate;
    if (certificate && certificate->not_before > planning.valid_at() &&
        !is_assigned_everywhere(planning, spec, target.id)) {
        planning.add(make_wait(planning,
                               spec.name,
                               {WaitKind::authority,
                                "not-yet-valid",
                                "the clock",
                                {},
                                "the certificate is valid from " + to_rfc3339(certificate->not_before)}));
        return;
    }
    const Move move{spec, target, false};
    const auto open = under_way(planning, move);
    std::vector<StepId> behind;
    if (!open.empty()) {
        behind = diff_servers(planning, {move, joining, gap, &open}, {});
    }
    static_cast<void>(diff_servers(planning, {move, joining, gap, nullptr}, std::move(behind)));
}

}  // namespace

void diff_assignment(Planning& planning) {
    for (const auto& spec : planning.pool.certificates) {
        if (const auto rejected = rejections(planning, spec); !rejected.empty()) {
            diff_way_back(planning, spec);
            continue;
        }
        if (const auto target = current(planning, spec)) {
            diff_failed_servers(planning, spec, *target);
            diff_pool(planning, spec, *target);
        }
    }
    if (!planning.inputs.until_installed) {
        diff_undeclared(planning);
    }
}

}  // namespace edgecert
