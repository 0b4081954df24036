// The head of a pool's plan: what serves, until when, what would change for whom, and what stands in the way.
#include "resources/pool/overview.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/choice.h"
#include "resources/pool/closed.h"
#include "resources/pool/consequences.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/renewal.h"
#include "resources/pool/unneeded.h"

namespace edgecert {

namespace {

constexpr std::size_t roots_worth_a_warning = 100;  // KB 931125
constexpr Seconds clock_worth_a_word{5};

void add_movements(Overview& head, const Planning& planning) {
    for (const auto& step : planning.steps) {
        const auto root = [&step](bool before) {
            return std::any_of(step.fields.begin(), step.fields.end(), [&](const FieldChange& field) {
                return field.name == "store" && (before ? field.before : field.after) == "root";
            });
        };
        if (step.action == Action::submit_request) {
            const auto* spec = find_certificate(planning.pool, step.certificate);
            ++head.orders[spec == nullptr ? step.certificate : spec->requirement.authority.str()];
        } else if (step.action == Action::transfer_certificate) {
            head.key_moves.push_back(step.summary);
        } else if (step.action == Action::trust_root) {
            head.roots_added.push_back(step.summary);
        } else if (step.action == Action::distrust && root(true)) {
            head.roots_removed.push_back(step.summary);
        }
    }
}

void add_unreachable(Overview& head, const Planning& planning, const PoolView& before) {
    for (const auto& server : planning.pool.servers) {
        const auto found = before.servers.find(server.name);
        if (found != before.servers.end() && found->second.reachable) {
            continue;
        }
        Unreachable line;
        line.server = server.name;
        line.why = found == before.servers.end() ? "it was not observed" : found->second.error;
        for (const auto& spec : planning.pool.certificates) {
            const auto target = current(planning, spec);
            const auto now_serving = serving(planning, spec);
            const bool switches = !target || now_serving.empty() || now_serving.front().id != target->id;
            if (in_barrier(server) && switches) {
                line.blocks.push_back("the assignment of " + spec.name);
            }
        }
        head.unreachable.push_back(std::move(line));
    }
}

// What was seen of one server: when, by which clock, and what of its store is worth a word.
void add_server(Overview& head, const std::string& name, const ServerView& server) {
    if (server.observed != Instant{} && (!head.observed_at || server.observed < *head.observed_at)) {
        head.observed_at = server.observed;
    }
    const auto ahead = server.clock_difference;
    if (ahead > clock_worth_a_word || ahead < -clock_worth_a_word) {
        head.clock_differences.push_back(name + " is " + to_words(Seconds{std::abs(ahead.count())}) +
                                         (ahead.count() > 0 ? " ahead" : " behind"));
    }
    const auto roots = std::count_if(server.store.trust.begin(),
                                     server.store.trust.end(),
                                     [](const TrustEntry& entry) { return entry.kind == TrustKind::root; });
    if (static_cast<std::size_t>(roots) > roots_worth_a_warning) {
        head.notes.push_back(name + " trusts " + std::to_string(roots) +
                             " roots; more than about 100 break client authentication (KB 931125)");
    }
}

void add_observation(Overview& head, const PoolView& before) {
    for (const auto& [name, server] : before.servers) {
        if (server.reachable) {
            add_server(head, name, server);
        }
    }
}

// When what a store keeps expires, or goes.
template <typename Consider>
void consider_entries(const Planning& planning, const ServerSpec& server, const Consider& consider) {
    const auto* view = reachable(planning, server);
    if (view == nullptr || EDGECERT_MUTANT(retirement_unannounced)) {
        return;
    }
    for (const auto& entry : view->store.personal) {
        if (!entry.owned || !is_in_charge(planning, server, entry.pool) || !entry.certificate) {
            continue;
        }
        consider(entry.superseded.value_or(entry.certificate->not_after) + planning.pool.retire_after);
        consider(entry.certificate->not_after);
        if (const auto found = unneeded(planning, server, entry)) {
            consider(found->goes);
        }
    }
}

// The first moment at which the plan may change by itself: a renewal, a retirement, issuedAfter.
void add_next_change(Overview& head, const Planning& planning, const std::vector<Served>& rows) {
    const auto consider = [&](Instant when) {
        if (when > planning.now() && (!head.next_change || when < *head.next_change)) {
            head.next_change = when;
        }
    };
    for (const auto& row : rows) {
        consider(row.end());
    }
    for (const auto& spec : planning.pool.certificates) {
        if (const auto target = wanted(planning, spec); target && target->entry->certificate) {
            const auto& certificate = *target->entry->certificate;
            const auto outlived = outlived_authority(planning, spec, certificate);
            consider(outlived ? outlived->at : due(certificate, spec.renewal));
        }
        if (spec.issued_after) {
            consider(*spec.issued_after);
        }
    }
    for (const auto& server : planning.pool.servers) {
        consider_entries(planning, server, consider);
    }
}

UnitState state_of(const Planning& planning) {
    bool changes = false;
    bool waits = false;
    bool blocked = false;
    for (const auto& step : planning.steps) {
        if (!step.wait) {
            changes = true;
            continue;
        }
        waits = waits || step.wait->kind == WaitKind::authority;
        blocked = blocked || step.wait->kind != WaitKind::authority;
    }
    if (blocked) {
        return UnitState::blocked;
    }
    if (waits) {
        return UnitState::waiting;
    }
    return changes ? UnitState::changes : UnitState::converged;
}

}  // namespace

Overview overview(const Planning& planning, const PoolView& before, const std::vector<Served>& rows) {
    const auto present = as_observed(planning);
    Overview head;
    head.unit = planning.pool.name;
    head.title =
        "pool " + planning.pool.name + " (site " + planning.pool.site + ", " + planning.pool.fqdn + ")";
    head.servers = static_cast<int>(members(planning.pool).size());
    head.state = state_of(planning);
    for (const auto& row : rows) {
        head.serving.push_back(row.line);
    }
    add_consequences(head, planning, present, rows);
    add_movements(head, planning);
    add_unreachable(head, planning, before);
    add_observation(head, before);
    add_next_change(head, planning, rows);
    return head;
}

}  // namespace edgecert
