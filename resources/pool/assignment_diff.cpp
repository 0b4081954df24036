// Assignment, planned: one server after the other, each role activated and verified before the next; and the
// way back.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/replacement.h"

namespace edgecert {

std::string checks_digest(const CertificateSpec& spec, const std::string& server) {
    Digest digest("edgecert.checks/1");
    for (const auto& check : spec.verify) {
        if (check.server == server) {
            digest.field(check.order.host)
                .number(check.order.port)
                .field(check.order.server_name)
                .field(check.from_server ? "server" : "controller");
        }
    }
    return digest.hex();
}

std::optional<std::string> barrier_gap(const Planning& planning, const CertificateId& id) {
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning.view(), server.name);
        if (in_barrier(server) && (view == nullptr || !holds(*view, id)) &&
            !EDGECERT_MUTANT(barrier_skipped)) {
            return server.name;
        }
    }
    return std::nullopt;
}

bool joins(const Planning& planning,
           const CertificateSpec& spec,
           const std::string& role,
           const CertificateId& id) {
    const auto now_serving = serving(planning, spec);
    const auto all = members(planning.pool);
    const bool served = std::any_of(all.begin(), all.end(), [&](const ServerSpec* server) {
        const auto* view = reachable(planning.view(), server->name);
        const auto* record = view == nullptr ? nullptr : role_record(*view, role);
        return record != nullptr && record->assigned == id;
    });
    return (served && !now_serving.empty() && now_serving.front().id == id) ||
           EDGECERT_MUTANT(every_switch_joins);
}

namespace {

bool is_checked(const CertificateSpec& spec, const std::string& server) {
    return std::any_of(spec.verify.begin(), spec.verify.end(), [&](const Verification& check) {
        return check.server == server;
    });
}

std::string short_id(const CertificateId& id) {
    return is_unborn(id) ? "the new certificate" : id.substr(0, 12);
}

// What a role is to point at, and why.
struct Move {
    const CertificateSpec& spec;
    const Candidate& target;
    bool way_back{};
};

bool is_assigned_everywhere(const Planning& planning, const CertificateSpec& spec, const CertificateId& id) {
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view(), server->name);
        for (const auto& role : spec.roles) {
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            if (view != nullptr && (record == nullptr || record->assigned != id || record->dangling)) {
                return false;
            }
        }
    }
    return true;
}

std::vector<StepId> add_confirmations(Planning& planning,
                                      const Move& move,
                                      const std::string& server,
                                      const std::string& role,
                                      std::vector<StepId> behind) {
    const auto& view = *reachable(planning.view(), server);
    const auto& record = *role_record(view, role);
    const auto projected = [&]() -> RoleRecord& {
        return role_record_for(*reachable(planning.project(), server), role);
    };
    const auto confirm =
        [&](Action action, const std::string& code, const std::string& text, const std::string& summary) {
            auto step = make_step(planning, action, server, move.spec.name);
            step.role = role;
            step.object = move.target.object();
            step.summary = summary;
            step.reasons.push_back(
                {move.way_back ? std::string{way_back_code} : code, text, Cause::fresh, move.spec.where});
            step.after = behind;
            behind = {planning.add(std::move(step))};
        };
    if (view.store.activates && record.activated != move.target.id &&
        !EDGECERT_MUTANT(activation_forgotten)) {
        confirm(Action::activate_role,
                "not-activated",
                "what uses the role has not been told",
                "tell what uses " + role);
        projected().activated = move.target.id;
    }
    if (!is_checked(move.spec, server)) {
        return behind;
    }
    const auto checks = checks_digest(move.spec, server);
    if (record.verified != move.target.id || record.verified_checks != checks) {
        confirm(Action::verify_role,
                "not-verified",
                "nobody has seen it answer with this certificate",
                "see " + role + " answer with it");
        projected().verified = move.target.id;
        projected().verified_checks = checks;
    }
    return behind;
}

// Somebody damaged what servers present of a certificate of ours: assigning it again writes that anew.
bool is_broken(const ServerView& server, const CertificateId& id) {
    const auto* entry = personal(server, id);
    const auto& findings = server.store.findings;
    return entry != nullptr && entry->owned &&
           std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
               return finding.path == "personal/" + id + "/fullchain.pem" ||
                      finding.path == "personal/" + id + "/chain.pem";
           });
}

void mend(ServerView& server, const CertificateId& id) {
    std::erase_if(server.store.findings,
                  [&](const Finding& finding) { return finding.path.starts_with("personal/" + id + "/"); });
}

// Why a role that points at `was` is pointed elsewhere, or assigned once more.
Reason why_assigned(const Planning& planning,
                    const Move& move,
                    const RoleRecord& record,
                    const ServerView& server,
                    const PersonalEntry* old) {
    const auto& where = move.spec.where;
    if (move.way_back) {
        return {std::string{way_back_code},
                "the certificate was rejected here or elsewhere in the pool; the one before it serves again",
                Cause::drift,
                where};
    }
    if (record.assigned.empty()) {
        return {
            "role-unassigned",
            "the role points at nothing",
            record.owned || !record.previous.empty() || !record.pool.empty() ? Cause::drift : Cause::fresh,
            where};
    }
    if (record.dangling) {
        return {"role-dangling", "the role points at a certificate that is not there", Cause::drift, where};
    }
    if (record.assigned == move.target.id && old != nullptr && is_broken(server, old->id)) {
        return {"chain-damaged",
                "the files that servers present are not the certificate with its chain",
                Cause::drift,
                where};
    }
    if (record.assigned == move.target.id) {
        return {"retry", "the operator asked to try the rejected certificate again", Cause::manifest, where};
    }
    if (old == nullptr || !old->owned || !record.owned) {
        return {
            "role-foreign", "the role points at a certificate that is not the pool's", Cause::drift, where};
    }
    return {"role-superseded",
            "a newer certificate takes its place",
            why_superseded(planning, move.spec, *old),
            where};
}

// The steps that bring the certificate to this server, and its chain, also where somebody else brought it.
std::vector<StepId> bringing(const Planning& planning, const std::string& server, const std::string& object) {
    auto found = trust_on(planning, server);
    for (const auto& step : planning.steps) {
        const bool brings =
            step.action == Action::install_certificate || step.action == Action::transfer_certificate;
        if (brings && step.server == server && step.object == object) {
            found.push_back(step.id);
        }
    }
    return found;
}

Step assignment_step(const Planning& planning,
                     const Move& move,
                     const std::string& server,
                     const RoleRecord& record) {
    const auto& was = record.assigned;
    const auto& target = move.target;
    auto step = make_step(planning, Action::assign_role, server, move.spec.name);
    step.role = record.role;
    step.object = target.object();
    step.summary = "point " + record.role + " at " + short_id(target.id);
    if (was == target.id) {
        step.summary += " once more";
    } else if (!was.empty()) {
        step.summary += ", was " + short_id(was);
    }
    step.fields.push_back({"certificate",
                           is_unborn(was) ? std::string{known_later} : was,
                           is_unborn(target.id) ? std::string{known_later} : target.id});
    const auto& view = *reachable(planning.view(), server);
    const auto* old = was.empty() ? nullptr : personal(view, was);
    step.reasons.push_back(why_assigned(planning, move, record, view, old));
    if (!target.entry->issuance.empty() || !move.way_back) {
        step.after = bringing(planning, server, step.object);
    }
    return step;
}

// Returns the last steps of this role on this server.
std::vector<StepId> diff_role(Planning& planning,
                              const Move& move,
                              const std::string& server,
                              const std::string& role,
                              const std::vector<StepId>& behind) {
    const auto* known = role_record(*reachable(planning.view(), server), role);
    // A retry that succeeds leaves no rejection behind: assigning forgets it, also where the role points at
    // the certificate already.
    const bool forgiven = !move.way_back && addressed(planning.inputs.retry, planning.pool, move.spec) &&
                          known != nullptr && !known->rejected.empty();
    const bool broken = known != nullptr && !move.way_back && known->assigned == move.target.id &&
                        is_broken(*reachable(planning.view(), server), move.target.id);
    if (known != nullptr && known->assigned == move.target.id && !known->dangling && !forgiven && !broken) {
        return add_confirmations(planning, move, server, role, behind);
    }
    auto& record = role_record_for(*reachable(planning.project(), server), role);
    auto step = assignment_step(planning, move, server, record);
    step.after.insert(step.after.end(), behind.begin(), behind.end());
    const auto id = planning.add(std::move(step));
    if (record.assigned != move.target.id) {
        record.previous = record.assigned.empty() ? record.previous : record.assigned;
        record.assigned = move.target.id;
        record.activated.clear();
        record.verified.clear();
    }
    if (forgiven) {
        record.rejected.clear();
    }
    if (broken) {
        mend(*reachable(planning.project(), server), move.target.id);
    }
    record.dangling = false;
    record.owned = true;
    record.pool = planning.pool.name;
    return add_confirmations(planning, move, server, role, {id});
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
    const auto& barrier = planning.barrier[spec.name];
    std::vector<StepId> behind;
    // Groups by the servers' places, whether or not a server still has anything to do, so that they stay the
    // same while the plan is carried out.
    std::vector<StepId> group;
    int place = 0;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view(), server->name);
        if (place++ % planning.pool.max_unavailable == 0 && !EDGECERT_MUTANT(all_at_once)) {
            behind.insert(behind.end(), group.begin(), group.end());
            group.clear();
        }
        if (view == nullptr || !holds(*view, target.id) || !is_trusted(*view, certificate)) {
            continue;
        }
        for (const auto& role : spec.roles) {
            if (gap && !joining.contains(role)) {
                continue;
            }
            auto first = behind;
            if (!joining.contains(role)) {
                first.insert(first.end(), barrier.begin(), barrier.end());
            }
            const auto last = diff_role(planning, move, server->name, role, first);
            group.insert(group.end(), last.begin(), last.end());
        }
    }
}

// Every role that points at a rejected certificate goes back to what it pointed at before, while that is
// there and valid.
void diff_way_back(Planning& planning, const CertificateSpec& spec) {
    const auto rejected = rejections(planning, spec);
    const auto is_rejected_id = [&](const CertificateId& id) {
        return std::any_of(rejected.begin(), rejected.end(), [&](const Rejection& rejection) {
            return rejection.certificate == id;
        });
    };
    for (const auto* server : members(planning.pool)) {
        for (const auto& role : spec.roles) {
            const auto* view = reachable(planning.view(), server->name);
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            if (record == nullptr) {
                continue;
            }
            const bool back = is_rejected_id(record->assigned) && !record->previous.empty();
            const bool half_back = !record->assigned.empty() && !is_rejected_id(record->assigned) &&
                                   is_rejected_id(record->previous);
            const auto target = candidate(planning, back ? record->previous : record->assigned);
            const bool usable = target && holds(*view, target->id) && target->entry->certificate &&
                                target->entry->certificate->not_after > planning.valid_at() &&
                                !is_rejected_id(target->id);
            if ((back || half_back) && usable && !planning.inputs.until_installed &&
                !EDGECERT_MUTANT(no_way_back)) {
                // Behind nothing: what fails on one server keeps no other at what was rejected.
                diff_role(planning, {spec, *target, true}, server->name, role, {});
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
                            "certificate " + short_id(first.certificate) + " was rejected: " + first.why +
                                "; mend that, then apply --retry " + planning.pool.name + "/" + spec.name}));
    planning.blocked.insert(spec.name);
}

}  // namespace

void diff_assignment(Planning& planning) {
    for (const auto& spec : planning.pool.certificates) {
        if (const auto rejected = rejections(planning, spec); !rejected.empty()) {
            diff_way_back(planning, spec);
            continue;
        }
        if (const auto target = current(planning, spec)) {
            diff_pool(planning, spec, *target);
        }
    }
    if (!planning.inputs.until_installed) {
        diff_undeclared(planning);
    }
}

}  // namespace edgecert
