// What a pool's plan means for whom it serves, as lines of its head.
#include "resources/pool/consequences.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "resources/pool/assignment.h"
#include "resources/pool/choice.h"
#include "resources/pool/look.h"

namespace edgecert {

namespace {

void add_deadline(Overview& head, const Planning& present, const std::vector<Served>& rows) {
    for (const auto& row : rows) {
        if (head.deadline_at && row.end() >= *head.deadline_at) {
            continue;
        }
        head.deadline_at = row.end();
        const auto left = row.end() - present.valid_at();
        const auto& line = row.line;
        const auto where = line.servers.size() == 1
                               ? "on " + line.servers.front()
                               : "on " + std::to_string(line.servers.size()) + " servers";
        const auto name = line.certificate.empty() ? "a certificate that nobody declared" : line.certificate;
        head.deadline = (row.chain_end ? "the CA above " + name : name) +
                        (left.count() > 0 ? " expires in " + to_words(left) + " "
                                          : " expired " + to_words(-left) + " ago ") +
                        where;
    }
}

// Does a role point at something on any member? A role that is new to the pool takes nothing out of service.
bool serves_somewhere(const Planning& present, const std::string& role) {
    const auto all = members(present.pool);
    return std::any_of(all.begin(), all.end(), [&](const ServerSpec* server) {
        const auto* view = reachable(present, *server);
        const auto* record = view == nullptr ? nullptr : role_record(*view, role);
        return record != nullptr && !record->assigned.empty();
    });
}

// How many members serve a valid certificate in every declared role that the pool serves at all.
int serving_validly(const Planning& planning) {
    std::vector<std::string> roles;
    for (const auto& spec : planning.pool.certificates) {
        std::copy_if(
            spec.roles.begin(), spec.roles.end(), std::back_inserter(roles), [&](const std::string& role) {
                return serves_somewhere(planning, role);
            });
    }
    int count = 0;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning, *server);
        const bool all = !roles.empty() && view != nullptr &&
                         std::all_of(roles.begin(), roles.end(), [&](const std::string& role) {
                             const auto* record = role_record(*view, role);
                             const auto* entry =
                                 record == nullptr ? nullptr : personal(*view, record->assigned);
                             return entry != nullptr && entry->key == KeyState::present &&
                                    entry->certificate && entry->certificate->not_after > planning.valid_at();
                         });
        count += all ? 1 : 0;
    }
    return count;
}

// What is assigned where nothing was before, and nothing is told of it, leaves the server as it was.
bool interrupts(const Planning& present, const Step& step) {
    const auto* view = reachable(present.view(), step.server);
    const auto* record = view == nullptr ? nullptr : role_record(*view, step.role);
    return view == nullptr || view->store.activates || (record != nullptr && !record->assigned.empty());
}

// Roles that are taken away, for good: by role, with their servers.
void add_out_of_service(Overview& head, const Planning& planning) {
    std::map<std::string, std::string> servers;
    for (const auto& step : planning.steps) {
        if (step.action == Action::unassign_role) {
            auto& list = servers[step.role];
            list += (list.empty() ? "" : ", ") + step.server;
        }
    }
    for (const auto& [role, list] : servers) {
        head.worst_moment +=
            (head.worst_moment.empty() ? "" : "; ") + role + " goes out of service on " + list;
    }
}

void add_worst_moment(Overview& head, const Planning& planning, const Planning& present) {
    std::set<std::string> switched;
    std::set<std::string> interrupted;
    for (const auto& step : planning.steps) {
        if (step.action == Action::assign_role) {
            switched.insert(step.server);
            if (interrupts(present, step)) {
                interrupted.insert(step.server);
            }
        }
    }
    if (switched.empty()) {
        return;
    }
    const auto at_once = [&](const std::set<std::string>& servers) {
        return std::min(present.pool.max_unavailable, static_cast<int>(servers.size()));
    };
    const auto all = static_cast<int>(members(present.pool).size());
    const auto away = std::min(at_once(switched), all);
    const auto worst = std::max(0, std::min(serving_validly(present), all - at_once(interrupted)));
    head.worst_moment = std::to_string(worst) + " of " + std::to_string(all) +
                        " servers serve a valid certificate while " + std::to_string(away) + " " +
                        (away == 1 ? "is" : "are") + " being switched";
}

// A certificate that was taken out of the manifest: its names are lost. Where another takes one of its roles,
// the names of both are compared there.
void add_names_of_undeclared(Overview& head, const Pool& pool, const Serving& line) {
    const auto has_role = [&](const std::string& role) {
        return std::any_of(
            pool.certificates.begin(), pool.certificates.end(), [&](const CertificateSpec& spec) {
                return std::find(spec.roles.begin(), spec.roles.end(), role) != spec.roles.end();
            });
    };
    if (line.certificate.empty() || find_certificate(pool, line.certificate) != nullptr ||
        std::any_of(line.roles.begin(), line.roles.end(), has_role)) {
        return;
    }
    for (const auto& name : line.names) {
        const auto text = line.certificate + ": " + name;
        if (std::find(head.names_lost.begin(), head.names_lost.end(), text) == head.names_lost.end()) {
            head.names_lost.push_back(text);
        }
    }
}

// Where roles go back: to which names. The manifest's are not what will serve then.
std::optional<std::vector<std::string>> names_after_way_back(const Planning& planning,
                                                             const Planning& present,
                                                             const CertificateSpec& spec) {
    for (const auto& step : planning.steps) {
        if (step.action != Action::assign_role || !is_way_back(step) || step.certificate != spec.name) {
            continue;
        }
        const auto target = candidate(present, step.fields.front().after);
        if (target && target->entry->certificate) {
            return x509::to_list(target->entry->certificate->names);
        }
    }
    return std::nullopt;
}

void add_names(Overview& head,
               const Planning& planning,
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
    const auto back = names_after_way_back(planning, present, spec);
    auto new_names = back ? *back : x509::to_list(spec.requirement.names);
    if (const auto own = x509::fold_host_name(spec.requirement.subject.common_name); own && !back) {
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

}  // namespace

void add_consequences(Overview& head,
                      const Planning& planning,
                      const Planning& present,
                      const std::vector<Served>& rows) {
    std::set<std::string> changing;
    for (const auto& step : planning.steps) {
        const bool makes_one = step.action == Action::create_request && !step.fields.empty();
        if (makes_one || step.action == Action::submit_request ||
            step.action == Action::collect_certificate || step.action == Action::assign_role) {
            changing.insert(step.certificate);
        }
    }
    for (const auto& row : rows) {
        add_names_of_undeclared(head, planning.pool, row.line);
    }
    for (const auto& spec : planning.pool.certificates) {
        add_names(head, planning, present, spec, changing);
    }
    add_deadline(head, present, rows);
    add_worst_moment(head, planning, present);
    add_out_of_service(head, planning);
    add_way_back(head, planning, present);
}

}  // namespace edgecert
