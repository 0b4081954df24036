// The way back, planned: what was rejected goes, and what served before it serves again.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/assignment_role.h"
#include "resources/pool/choice.h"
#include "resources/pool/server_failure.h"

namespace edgecert {

namespace {

// What is ours needs its chain there like any other assignment (I1). What somebody else had put there served
// without us, whatever trusts it: going back to it restores what was.
bool may_be_restored(const ServerView& server, const PersonalEntry& entry) {
    return !entry.owned || is_trusted(server, entry.certificate);
}

}  // namespace

bool can_go_back(const Planning& planning, const ServerView& server, const CertificateId& id) {
    const auto* entry = personal(server, id);
    return entry != nullptr && entry->key == KeyState::present && entry->certificate &&
           entry->certificate->not_after > planning.valid_at() && may_be_restored(server, *entry);
}

namespace {

// Was this role's own switch to the certificate over, on every server that counts? Then what fails in another
// role, added since, say, takes nothing from it: it serves well, and some server may have nothing to go back
// to.
bool is_served_to_the_end(const Planning& planning, const std::string& role, const CertificateId& id) {
    return std::all_of(
        planning.pool.servers.begin(), planning.pool.servers.end(), [&](const ServerSpec& server) {
            if (!in_barrier(server)) {
                return true;
            }
            const auto* view = reachable(planning, server);
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            return record != nullptr && was_seen_through(*record, id) &&
                   std::none_of(record->rejected.begin(), record->rejected.end(), [&](const Rejection& one) {
                       return one.certificate == id;
                   });
        });
}

struct Ways {
    std::map<CertificateId, std::pair<Candidate, std::vector<RoleTurn>>> by_target{};
    bool begun{};  // a role of the server went back already
};

Ways ways_of(const Planning& planning,
             const CertificateSpec& spec,
             const std::string& server,
             const std::vector<Rejection>& rejected) {
    const auto is_rejected_id = [&](const CertificateId& id) {
        return std::any_of(rejected.begin(), rejected.end(), [&](const Rejection& rejection) {
            return rejection.certificate == id;
        });
    };
    Ways ways;
    const auto* view = reachable(planning.view(), server);
    for (const auto& role : spec.roles) {
        const auto* record = view == nullptr ? nullptr : role_record(*view, role);
        if (record == nullptr) {
            continue;
        }
        const bool back = is_rejected_id(record->assigned) && !record->previous.empty() &&
                          !is_served_to_the_end(planning, role, record->assigned);
        const bool half_back = !record->assigned.empty() && !is_rejected_id(record->assigned) &&
                               is_rejected_id(record->previous);
        const auto target = candidate(planning, back ? record->previous : record->assigned);
        const bool usable = target && !is_rejected_id(target->id) && can_go_back(planning, *view, target->id);
        if ((back || half_back) && usable) {
            ways.begun = ways.begun || half_back;
            auto& way = ways.by_target[target->id];
            way.first = *target;
            // Behind nothing: what fails on one server keeps no other at what was rejected.
            way.second.push_back({server, role, {}});
        }
    }
    return ways;
}

}  // namespace

// Every role that points at a rejected certificate goes back to what it pointed at before, while it can;
// servers that are on their way first.
void diff_way_back(Planning& planning, const CertificateSpec& spec) {
    const auto rejected = rejections(planning, spec);
    for (const bool begun : {true, false}) {
        for (const auto* server : members(planning.pool)) {
            const auto ways = ways_of(planning, spec, server->name, rejected);
            if (ways.begun != begun || planning.inputs.until_installed || EDGECERT_MUTANT(no_way_back)) {
                continue;
            }
            for (const auto& [id, way] : ways.by_target) {
                static_cast<void>(diff_roles(planning, {spec, way.first, true}, way.second));
            }
        }
    }
    const auto& first = rejected.front();
    planning.add(make_wait(planning,
                           spec.name,
                           {WaitKind::person,
                            "role-rejected",
                            "an operator",
                            first.at,
                            "certificate " + in_summaries(first.certificate) + " was rejected: " + first.why +
                                "; mend that, then apply --retry " + planning.pool.name + "/" + spec.name}));
    planning.blocked.insert(spec.name);
}

namespace {

// Roles of this server whose switch to a certificate that failed here never came to its end.
std::map<CertificateId, std::pair<Candidate, std::vector<RoleTurn>>> unfinished(
    const Planning& planning,
    const CertificateSpec& spec,
    const std::string& server,
    const std::vector<Rejection>& failed) {
    auto ways = ways_of(planning, spec, server, failed).by_target;
    const auto& view = *reachable(planning.view(), server);
    for (auto& way : ways) {
        const CertificateId& back_to = way.first;
        std::erase_if(way.second.second, [&](const RoleTurn& turn) {
            const auto* record = role_record(view, turn.role);
            return was_seen_through(*record, record->assigned) && record->assigned != back_to;
        });
    }
    return ways;
}

}  // namespace

void diff_failed_servers(Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    for (const auto* server : members(planning.pool)) {
        auto failed = failures_of(planning, spec, server->name);
        // The pool has gone on to another one, and this server with it.
        std::erase_if(failed, [&](const Rejection& one) { return one.certificate != target.id; });
        if (failed.empty()) {
            continue;
        }
        if (!planning.inputs.until_installed && !EDGECERT_MUTANT(no_way_back)) {
            for (const auto& [id, way] : unfinished(planning, spec, server->name, failed)) {
                static_cast<void>(diff_roles(planning, {spec, way.first, true}, way.second));
            }
        }
        const auto& first = failed.front();
        auto wait =
            make_wait(planning,
                      spec.name,
                      {WaitKind::person,
                       "role-rejected",
                       "an operator",
                       first.at,
                       "certificate " + in_summaries(first.certificate) +
                           ", which the pool serves, failed on " + server->name + ": " + first.why +
                           "; mend that, then apply --retry " + planning.pool.name + "/" + spec.name});
        wait.server = server->name;
        wait.object = first.certificate.str();
        wait.reasons.front().text = "this server is left until then, and the others go on";
        planning.add(std::move(wait));
    }
}

}  // namespace edgecert
