// The head of a pool's plan: what serves, until when, what would change for whom, and what stands in the way.
#include "resources/pool/overview.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"

namespace edgecert {

namespace {

constexpr std::size_t roots_worth_a_warning = 100;  // KB 931125
constexpr Seconds clock_worth_a_word{5};

void add_serving(Overview& head, const Planning& present, const CertificateSpec& spec) {
    for (const auto& now_serving : serving(present, spec)) {
        Serving line;
        line.certificate = spec.name;
        line.roles.assign(spec.roles.begin(), spec.roles.end());
        line.servers = now_serving.servers;
        line.sha256 = now_serving.id;
        if (const auto held = candidate(present, now_serving.id); held && held->entry->certificate) {
            const auto& certificate = *held->entry->certificate;
            line.sha1 = certificate.sha1;
            line.serial = certificate.serial;
            line.names = x509::to_list(certificate.names);
            line.not_after = certificate.not_after;
            line.renewal_due = due(certificate, spec.renewal);
        }
        head.serving.push_back(std::move(line));
    }
}

void add_deadline(Overview& head, const Planning& present) {
    for (const auto& line : head.serving) {
        const bool sooner = line.not_after && (!head.deadline_at || *line.not_after < *head.deadline_at);
        if (!sooner) {
            continue;
        }
        head.deadline_at = line.not_after;
        const auto left = *line.not_after - present.valid_at();
        const auto where = line.servers.size() == 1
                               ? "on " + line.servers.front()
                               : "on " + std::to_string(line.servers.size()) + " servers";
        head.deadline = left.count() > 0 ? line.certificate + " expires in " + to_words(left) + " " + where
                                         : line.certificate + " expired " + to_words(-left) + " ago " + where;
    }
}

// How many members serve a valid certificate in every declared role.
int serving_validly(const Planning& planning) {
    int count = 0;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view(), server->name);
        bool all = view != nullptr;
        for (const auto& spec : planning.pool.certificates) {
            for (const auto& role : spec.roles) {
                const auto* record = view == nullptr ? nullptr : role_record(*view, role);
                const auto* entry = record == nullptr ? nullptr : personal(*view, record->assigned);
                all = all && entry != nullptr && entry->key == KeyState::present && entry->certificate &&
                      entry->certificate->not_after > planning.valid_at();
            }
        }
        count += all ? 1 : 0;
    }
    return count;
}

void add_worst_moment(Overview& head, const Planning& planning, const Planning& present) {
    std::set<std::string> switched;
    bool activates = false;
    for (const auto& step : planning.steps) {
        if (step.action == Action::assign_role) {
            switched.insert(step.server);
            activates = activates || reachable(present.view(), step.server) == nullptr ||
                        reachable(present.view(), step.server)->store.activates;
        }
    }
    if (switched.empty()) {
        return;
    }
    const auto all = static_cast<int>(members(present.pool).size());
    const auto away = std::min({present.pool.max_unavailable, static_cast<int>(switched.size()), all});
    const auto now_valid = serving_validly(present);
    const auto worst = std::max(0, std::min(now_valid, all - away));
    head.worst_moment = std::to_string(worst) + " of " + std::to_string(all) +
                        " servers serve a valid certificate while " + std::to_string(away) + " " +
                        (away == 1 ? "is" : "are") + " being switched";
}

void add_names(Overview& head,
               const Planning& present,
               const CertificateSpec& spec,
               const std::set<std::string>& changing) {
    if (!changing.contains(spec.name)) {
        return;
    }
    const auto now_serving = serving(present, spec);
    const auto held = now_serving.empty() ? std::nullopt : candidate(present, now_serving.front().id);
    if (!held || !held->entry->certificate) {
        return;
    }
    const auto old_names = x509::to_list(held->entry->certificate->names);
    auto new_names = x509::to_list(spec.requirement.names);
    if (const auto own = x509::fold_host_name(spec.requirement.subject.common_name)) {
        new_names.push_back(*own);
    }
    const auto lacks = [](const std::vector<std::string>& list, const std::string& name) {
        return std::find(list.begin(), list.end(), name) == list.end();
    };
    for (const auto& name : old_names) {
        if (lacks(new_names, name)) {
            head.names_lost.push_back(spec.name + ": " + name);
        }
    }
    for (const auto& name : new_names) {
        if (lacks(old_names, name) && lacks(head.names_gained, spec.name + ": " + name)) {
            head.names_gained.push_back(spec.name + ": " + name);
        }
    }
}

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

void add_way_back(Overview& head, const Planning& planning, const Planning& present) {
    int switched = 0;
    std::vector<std::string> without;
    for (const auto& step : planning.steps) {
        if (step.action != Action::assign_role) {
            continue;
        }
        ++switched;
        const auto* view = reachable(present.view(), step.server);
        const auto* record = view == nullptr ? nullptr : role_record(*view, step.role);
        // Its chain counts as it will be, too: this plan may trust it before anything is switched.
        const auto* then = reachable(planning.view(), step.server);
        const bool there =
            record != nullptr && (can_go_back(present, *view, record->assigned) ||
                                  (then != nullptr && can_go_back(planning, *then, record->assigned)));
        if (!there) {
            without.push_back(step.server + "/" + step.role);
        }
    }
    if (switched == 0) {
        return;
    }
    head.way_back =
        without.empty()
            ? "there: the certificate before, valid and with its key, is on every server that is switched"
            : "none for " + without.front();
    if (without.size() > 1) {
        head.way_back += " and " + std::to_string(without.size() - 1) + " more";
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

// The first moment at which the plan may change by itself: a renewal, a retirement, issuedAfter.
void add_next_change(Overview& head, const Planning& planning) {
    const auto consider = [&](Instant when) {
        if (when > planning.now() && (!head.next_change || when < *head.next_change)) {
            head.next_change = when;
        }
    };
    for (const auto& spec : planning.pool.certificates) {
        if (const auto target = wanted(planning, spec); target && target->entry->certificate) {
            consider(due(*target->entry->certificate, spec.renewal));
        }
        if (spec.issued_after) {
            consider(*spec.issued_after);
        }
    }
    for (const auto& [name, server] : planning.view().servers) {
        for (const auto& entry : server.store.personal) {
            if (server.reachable && entry.owned && entry.pool == planning.pool.name && entry.certificate &&
                !EDGECERT_MUTANT(retirement_unannounced)) {
                consider(entry.superseded ? *entry.superseded + planning.pool.retire_after
                                          : entry.certificate->not_after + planning.pool.retire_after);
                consider(entry.certificate->not_after);
            }
        }
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

Overview overview(const Planning& planning, const PoolView& before) {
    const auto present = as_observed(planning);
    Overview head;
    head.unit = planning.pool.name;
    head.title =
        "pool " + planning.pool.name + " (site " + planning.pool.site + ", " + planning.pool.fqdn + ")";
    head.servers = static_cast<int>(members(planning.pool).size());
    head.state = state_of(planning);
    std::set<std::string> changing;
    for (const auto& step : planning.steps) {
        if (step.action == Action::create_request || step.action == Action::submit_request ||
            step.action == Action::collect_certificate || step.action == Action::assign_role) {
            changing.insert(step.certificate);
        }
    }
    for (const auto& spec : planning.pool.certificates) {
        add_serving(head, present, spec);
        add_names(head, present, spec, changing);
    }
    add_deadline(head, present);
    add_worst_moment(head, planning, present);
    add_movements(head, planning);
    add_way_back(head, planning, present);
    add_unreachable(head, planning, before);
    add_observation(head, before);
    add_next_change(head, planning);
    return head;
}

}  // namespace edgecert
