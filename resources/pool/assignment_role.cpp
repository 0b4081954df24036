// The roles of one server: pointed at a certificate, what uses them told, and seen to answer with it.
#include "resources/pool/assignment_role.h"

#include <algorithm>
#include <utility>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/assignment_mend.h"
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

std::string in_summaries(const CertificateId& id) {
    return is_unborn(id) ? "the new certificate" : id.str().substr(0, 12);
}

namespace {

bool is_checked(const CertificateSpec& spec, const std::string& server) {
    return std::any_of(spec.verify.begin(), spec.verify.end(), [&](const Verification& check) {
        return check.server == server;
    });
}

bool is_activated(const ServerView& server, const RoleRecord& record, const CertificateId& id) {
    return !server.store.activates || record.activated == id;
}

bool is_verified(const CertificateSpec& spec,
                 const std::string& server,
                 const RoleRecord& record,
                 const CertificateId& id) {
    return !is_checked(spec, server) ||
           (record.verified == id && record.verified_checks == checks_digest(spec, server));
}

RoleRecord& projected(Planning& planning, const std::string& server, const std::string& role) {
    return role_record_for(*reachable(planning.project(), server), role);
}

// activate-role or verify-role.
Step confirmation(const Planning& planning, const Move& move, Action action, const RoleTurn& turn) {
    auto step = make_step(planning, action, turn.server, move.spec.name);
    step.role = turn.role;
    step.object = move.target.object();
    step.after = turn.behind;
    const bool activates = action == Action::activate_role;
    step.summary = activates ? "tell what uses " + turn.role : "see " + turn.role + " answer with it";
    const std::string code = activates ? "not-activated" : "not-verified";
    step.reasons.push_back({move.way_back ? std::string{way_back_code} : code,
                            activates ? "what uses the role has not been told"
                                      : "nobody has seen it answer with this certificate",
                            Cause::fresh,
                            move.spec.where});
    if (move.way_back) {
        // By this it fits: it may lead only to what an approved assignment came from.
        step.fields.push_back({"certificate", {}, move.target.id});
    }
    return step;
}

std::vector<StepId> diff_activation(Planning& planning, const Move& move, const RoleTurn& turn) {
    const auto& view = *reachable(planning.view(), turn.server);
    const auto& record = *role_record(view, turn.role);
    if (is_activated(view, record, move.target.id) || EDGECERT_MUTANT(activation_forgotten)) {
        return turn.behind;
    }
    const auto id = planning.add(confirmation(planning, move, Action::activate_role, turn));
    projected(planning, turn.server, turn.role).activated = move.target.id;
    return {id};
}

std::vector<StepId> diff_verification(Planning& planning, const Move& move, const RoleTurn& turn) {
    const auto& record = *role_record(*reachable(planning.view(), turn.server), turn.role);
    if (is_verified(move.spec, turn.server, record, move.target.id)) {
        return turn.behind;
    }
    const auto id = planning.add(confirmation(planning, move, Action::verify_role, turn));
    auto& then = projected(planning, turn.server, turn.role);
    then.verified = move.target.id;
    then.verified_checks = checks_digest(move.spec, turn.server);
    return {id};
}

// A retry that succeeds leaves no rejection behind: assigning forgets it, also where the role points at the
// certificate already.
bool is_forgiven(const Planning& planning, const Move& move, const RoleRecord& record) {
    return !move.way_back && !record.rejected.empty() &&
           addressed(planning.inputs.retry, planning.pool, move.spec);
}

// Why a role is pointed elsewhere than at `old`, or assigned once more.
std::vector<Reason> why_assigned(const Planning& planning,
                                 const Move& move,
                                 const RoleRecord& record,
                                 const ServerView& server,
                                 const PersonalEntry* old) {
    const auto& where = move.spec.where;
    if (move.way_back) {
        return {{std::string{way_back_code},
                 "the certificate was rejected here or elsewhere in the pool; the one before it serves again",
                 Cause::drift,
                 where}};
    }
    if (record.assigned.empty()) {
        return {
            {"role-unassigned",
             "the role points at nothing",
             record.owned || !record.previous.empty() || !record.pool.empty() ? Cause::drift : Cause::fresh,
             where}};
    }
    if (record.dangling) {
        return {{"role-dangling", "the role points at a certificate that is not there", Cause::drift, where}};
    }
    if (record.assigned == move.target.id) {
        auto reasons = why_mended(planning, move.spec, server, move.target.id);
        if (is_forgiven(planning, move, record)) {
            reasons.push_back({"retry",
                               "the operator asked to try the rejected certificate again",
                               Cause::manifest,
                               where});
        }
        return reasons;
    }
    if (old == nullptr || !old->owned || !record.owned) {
        return {
            {"role-foreign", "the role points at a certificate that is not the pool's", Cause::drift, where}};
    }
    return why_superseded(planning, move.spec, *old, move.target);
}

bool brings(const Step& step) {
    return step.action == Action::install_certificate || step.action == Action::transfer_certificate;
}

// What is done before with this certificate on this server.
template <class Is>
std::vector<StepId> steps_with(const Planning& planning,
                               const std::string& server,
                               const std::string& object,
                               const Is& is) {
    std::vector<StepId> found;
    for (const auto& step : planning.steps) {
        if (step.server == server && step.object == object && is(step)) {
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
    step.summary = "point " + record.role + " at " + in_summaries(target.id);
    if (was == target.id) {
        step.summary += " once more";
    } else if (!was.empty()) {
        step.summary += ", was " + in_summaries(was);
    }
    step.fields.push_back({"certificate",
                           is_unborn(was) ? std::string{known_later} : was.str(),
                           is_unborn(target.id) ? std::string{known_later} : target.id.str()});
    const auto& view = *reachable(planning.view(), server);
    const auto* old = was.empty() ? nullptr : personal(view, was);
    step.reasons = why_assigned(planning, move, record, view, old);
    if (!target.entry->issuance.empty() || !move.way_back) {
        step.after = trust_on(planning, server);  // its chain, also where somebody else brought it
        const auto brought = steps_with(planning, server, step.object, brings);
        step.after.insert(step.after.end(), brought.begin(), brought.end());
    }
    return step;
}

bool is_damaged(const Planning& planning,
                const Move& move,
                const ServerView& view,
                const RoleRecord& record) {
    return !move.way_back && record.assigned == move.target.id &&
           !why_mended(planning, move.spec, view, move.target.id).empty();
}

bool is_assigned(const Planning& planning,
                 const Move& move,
                 const ServerView& view,
                 const RoleRecord* record) {
    return record != nullptr && record->assigned == move.target.id && !record->dangling &&
           !is_forgiven(planning, move, *record) && !is_damaged(planning, move, view, *record);
}

// Its assignment and activation.
std::vector<StepId> diff_switch(Planning& planning, const Move& move, const RoleTurn& turn) {
    const auto& view = *reachable(planning.view(), turn.server);
    const auto* known = role_record(view, turn.role);
    if (is_assigned(planning, move, view, known)) {
        // What was missing under it is on its way, or mended for another role of the same certificate.
        auto told = turn;
        const auto mended = steps_with(planning, turn.server, move.target.object(), [](const Step& step) {
            return brings(step) || step.action == Action::assign_role;
        });
        told.behind.insert(told.behind.end(), mended.begin(), mended.end());
        return diff_activation(planning, move, told);
    }
    const bool forgiven = known != nullptr && is_forgiven(planning, move, *known);
    const bool damaged = known != nullptr && is_damaged(planning, move, view, *known);
    auto& record = projected(planning, turn.server, turn.role);
    auto step = assignment_step(planning, move, turn.server, record);
    step.after.insert(step.after.end(), turn.behind.begin(), turn.behind.end());
    const auto id = planning.add(std::move(step));
    if (record.assigned != move.target.id) {
        record.previous = record.assigned.empty() ? record.previous : record.assigned;
        record.assigned = move.target.id;
        record.activated = {};
        record.verified = {};
    }
    if (forgiven) {
        record.rejected.clear();
    }
    auto& then = *reachable(planning.project(), turn.server);
    if (damaged) {
        untell(then.store, move.target.id);
    }
    mend(then, move.target.id);
    record.dangling = false;
    record.owned = true;
    record.pool = planning.pool.name;
    return diff_activation(planning, move, {turn.server, turn.role, {id}});
}

// A check is of a certificate, not of a role: what it asks may be the service of any of its roles.
bool all_point_at(const Planning& planning, const Move& move, const std::string& server) {
    const auto* view = reachable(planning.view(), server);
    return std::all_of(move.spec.roles.begin(), move.spec.roles.end(), [&](const std::string& role) {
        const auto* record = role_record(*view, role);
        return record != nullptr && record->assigned == move.target.id;
    });
}

}  // namespace

bool is_untold(const Planning& planning,
               const Move& move,
               const std::string& server,
               const std::string& role) {
    const auto* view = reachable(planning.view(), server);
    const auto* record = view == nullptr ? nullptr : role_record(*view, role);
    return record != nullptr && record->assigned == move.target.id && !record->dangling &&
           !is_activated(*view, *record, move.target.id);
}

std::vector<StepId> diff_switches(Planning& planning, const Move& move, const std::vector<RoleTurn>& turns) {
    std::vector<StepId> last;
    for (const auto& turn : turns) {
        const auto steps = diff_switch(planning, move, turn);
        last.insert(last.end(), steps.begin(), steps.end());
    }
    return last;
}

std::vector<StepId> diff_roles(Planning& planning, const Move& move, const std::vector<RoleTurn>& turns) {
    auto last = diff_switches(planning, move, turns);
    if (turns.empty() || !all_point_at(planning, move, turns.front().server)) {
        return last;
    }
    std::vector<StepId> confirmed;
    for (const auto& turn : turns) {
        const auto steps = diff_verification(planning, move, {turn.server, turn.role, last});
        confirmed.insert(confirmed.end(), steps.begin(), steps.end());
    }
    return confirmed;
}

}  // namespace edgecert
