// Assignment: roles point at the pool's certificate, one server after the other, activated and verified; and
// the way back when that fails.
#include <algorithm>
#include <utility>

#include "engine/text/digest.h"
#include "engine/text/encoding.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"

namespace edgecert {

namespace {

constexpr int verify_attempts = 10;  // a service takes a moment to answer with what it was told to load

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

class Assignment final : public Provider {
public:
    void diff(Planning& planning) const override;
    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::assign_role || action == Action::activate_role ||
               action == Action::verify_role || action == Action::unassign_role;
    }
    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;

private:
    static void diff_way_back(Planning& planning, const CertificateSpec& spec);
    static void diff_pool(Planning& planning, const CertificateSpec& spec, const Candidate& target);
    static std::vector<StepId> diff_role(Planning& planning,
                                         const Move& move,
                                         const std::string& server,
                                         const std::string& role,
                                         const std::vector<StepId>& behind);
    static std::vector<StepId> add_confirmations(Planning& planning,
                                                 const Move& move,
                                                 const std::string& server,
                                                 const std::string& role,
                                                 std::vector<StepId> behind);
    static void diff_undeclared(Planning& planning);
    static Outcome assign(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome activate(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome verify(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome reject(const CertificateSpec& spec,
                          const Step& step,
                          PoolWorld& world,
                          const std::string& why);
};

// Every server not in maintenance holds it with its key; an unreachable one nobody can ask.
std::optional<std::string> barrier_gap(const Planning& planning, const CertificateId& id) {
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning.view, server.name);
        if (in_barrier(server) && (view == nullptr || !holds(*view, id))) {
            return server.name;
        }
    }
    return std::nullopt;
}

// Does the server trust what the certificate ends in (I1)? What is not born yet comes with its chain.
bool is_trusted(const ServerView& server, const x509::CertificateRef& certificate) {
    if (!certificate) {
        return true;
    }
    std::vector<x509::CertificateRef> trusted;
    for (const auto& entry : server.store.trust) {
        const bool in_place =
            entry.certificate && entry.certificate->self_signed == (entry.kind == TrustKind::root);
        if (in_place) {
            trusted.push_back(entry.certificate);
        }
    }
    return issuers(*certificate, trusted).has_value();
}

bool is_assigned_everywhere(const Planning& planning, const CertificateSpec& spec, const CertificateId& id) {
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view, server->name);
        for (const auto& role : spec.roles) {
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            if (view != nullptr && (record == nullptr || record->assigned != id || record->dangling)) {
                return false;
            }
        }
    }
    return true;
}

void Assignment::diff(Planning& planning) const {
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

void Assignment::diff_pool(Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    if (planning.inputs.until_installed) {
        return;
    }
    const auto now_serving = serving(planning, spec);
    // A server that joins gets the pool's certificate whatever the others do; anything else is a switch, and
    // waits for all.
    const bool joins = !now_serving.empty() && now_serving.front().id == target.id;
    if (!joins && barrier_gap(planning, target.id)) {
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
    std::vector<StepId> behind;
    if (!joins) {
        behind = planning.barrier[spec.name];
    }
    // Groups by the servers' places, whether or not a server still has anything to do, so that they stay the
    // same while the plan is carried out.
    std::vector<StepId> group;
    int place = 0;
    for (const auto* server : members(planning.pool)) {
        if (place++ % planning.pool.max_unavailable == 0) {
            behind.insert(behind.end(), group.begin(), group.end());
            group.clear();
        }
        const auto* view = reachable(planning.view, server->name);
        if (view == nullptr || !holds(*view, target.id) || !is_trusted(*view, certificate)) {
            continue;
        }
        for (const auto& role : spec.roles) {
            for (auto& id : diff_role(planning, move, server->name, role, behind)) {
                group.push_back(std::move(id));
            }
        }
    }
}

// Returns the last steps of this role on this server.
std::vector<StepId> Assignment::diff_role(Planning& planning,
                                          const Move& move,
                                          const std::string& server,
                                          const std::string& role,
                                          const std::vector<StepId>& behind) {
    auto& view = *reachable(planning.view, server);
    auto& record = role_record_for(view, role);
    std::vector<StepId> before = behind;
    const bool dangling = record.dangling;
    // A retry that succeeds leaves no rejection behind: assigning forgets it, also where the role points at
    // the certificate already.
    const bool forgiven = !move.way_back && addressed(planning.inputs.retry, planning.pool, move.spec) &&
                          !record.rejected.empty();
    if (record.assigned != move.target.id || dangling || forgiven) {
        auto step = make_step(planning, Action::assign_role, server, move.spec.name);
        step.role = role;
        step.object = move.target.object();
        const auto was = record.assigned;
        step.summary = "point " + role + " at " + short_id(move.target.id) +
                       (was.empty() ? "" : ", was " + short_id(was));
        step.fields.push_back({"certificate",
                               is_unborn(was) ? std::string{known_later} : was,
                               is_unborn(move.target.id) ? std::string{known_later} : move.target.id});
        const auto* old = was.empty() ? nullptr : personal(view, was);
        if (move.way_back) {
            step.reasons.push_back(
                {"way-back",
                 "the certificate was rejected here or elsewhere in the pool; the one before it serves again",
                 Cause::drift,
                 move.spec.where});
        } else if (was == move.target.id && forgiven) {
            step.reasons.push_back({"retry",
                                    "the operator asked to try the rejected certificate again",
                                    Cause::manifest,
                                    move.spec.where});
        } else if (was.empty()) {
            step.reasons.push_back({"role-unassigned",
                                    "the role points at nothing",
                                    record.owned || !record.previous.empty() ? Cause::drift : Cause::fresh,
                                    move.spec.where});
        } else if (dangling) {
            step.reasons.push_back({"role-dangling",
                                    "the role points at a certificate that is not there",
                                    Cause::drift,
                                    move.spec.where});
        } else {
            const bool ours = old != nullptr && old->owned && record.owned;
            step.reasons.push_back({ours ? "role-superseded" : "role-foreign",
                                    ours ? "a newer certificate takes its place"
                                         : "the role points at a certificate that is not the pool's",
                                    ours ? Cause::time : Cause::drift,
                                    move.spec.where});
            if (ours && old->requirement != planning.requirement(move.spec)) {
                step.reasons.back().cause = Cause::manifest;
            }
        }
        if (!move.target.entry->issuance.empty() || !move.way_back) {
            for (const auto& other : planning.steps) {
                const bool brings = other.server == server && other.object == step.object &&
                                    (other.action == Action::install_certificate ||
                                     other.action == Action::transfer_certificate);
                if (brings) {
                    step.after.push_back(other.id);
                }
            }
        }
        step.after.insert(step.after.end(), behind.begin(), behind.end());
        before = {planning.add(std::move(step))};
        record.previous = was.empty() || was == move.target.id ? record.previous : was;
        record.assigned = move.target.id;
        if (was != move.target.id) {
            record.activated.clear();
            record.verified.clear();
        }
        if (forgiven) {
            record.rejected.clear();
        }
        record.dangling = false;
        record.owned = true;
        record.pool = planning.pool.name;
    }
    return add_confirmations(planning, move, server, role, std::move(before));
}

std::vector<StepId> Assignment::add_confirmations(Planning& planning,
                                                  const Move& move,
                                                  const std::string& server,
                                                  const std::string& role,
                                                  std::vector<StepId> behind) {
    auto& view = *reachable(planning.view, server);
    auto& record = role_record_for(view, role);
    const auto confirm =
        [&](Action action, const std::string& code, const std::string& text, const std::string& summary) {
            auto step = make_step(planning, action, server, move.spec.name);
            step.role = role;
            step.object = move.target.object();
            step.summary = summary;
            step.reasons.push_back({move.way_back ? "way-back" : code, text, Cause::fresh, move.spec.where});
            step.after = behind;
            behind = {planning.add(std::move(step))};
        };
    if (view.store.activates && record.activated != move.target.id) {
        confirm(Action::activate_role,
                "not-activated",
                "what uses the role has not been told",
                "tell what uses " + role);
        record.activated = move.target.id;
    }
    const auto checks = checks_digest(move.spec, server);
    if (is_checked(move.spec, server) &&
        (record.verified != move.target.id || record.verified_checks != checks)) {
        confirm(Action::verify_role,
                "not-verified",
                "nobody has seen it answer with this certificate",
                "see " + role + " answer with it");
        record.verified = move.target.id;
        record.verified_checks = checks;
    }
    return behind;
}

// Every role that points at a rejected certificate goes back to what it pointed at before, while that is
// there and valid.
void Assignment::diff_way_back(Planning& planning, const CertificateSpec& spec) {
    const auto rejected = rejections(planning, spec);
    const auto is_rejected_id = [&](const CertificateId& id) {
        return std::any_of(rejected.begin(), rejected.end(), [&](const Rejection& rejection) {
            return rejection.certificate == id;
        });
    };
    std::vector<StepId> behind;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view, server->name);
        for (const auto& role : spec.roles) {
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
            if ((back || half_back) && usable && !planning.inputs.until_installed) {
                behind = diff_role(planning, {spec, *target, true}, server->name, role, behind);
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

// Roles that we pointed somewhere and nobody declares any more; on an absent server all of ours.
void Assignment::diff_undeclared(Planning& planning) {
    std::set<std::string> declared;
    for (const auto& spec : planning.pool.certificates) {
        declared.insert(spec.roles.begin(), spec.roles.end());
    }
    for (const auto& server : planning.pool.servers) {
        auto* view = reachable(planning.view, server.name);
        if (view == nullptr || server.outside) {
            continue;
        }
        for (auto& record : view->store.roles) {
            const bool ours = record.owned && record.pool == planning.pool.name && !record.assigned.empty();
            if (!ours || (declared.contains(record.role) && !server.absent)) {
                continue;
            }
            auto step = make_step(planning, Action::unassign_role, server.name, {});
            step.role = record.role;
            step.summary = "role " + record.role + " points at nothing any more";
            step.fields.push_back({"certificate", record.assigned, {}});
            step.reasons.push_back(
                {server.absent ? "server-absent" : "role-undeclared",
                 server.absent ? "the server is declared absent" : "no certificate of the pool has this role",
                 Cause::manifest,
                 server.absent ? server.where : planning.pool.where});
            planning.add(std::move(step));
            const auto was = std::exchange(record.assigned, CertificateId{});
            for (auto& entry : view->store.personal) {
                const bool unused = std::none_of(
                    view->store.roles.begin(), view->store.roles.end(), [&](const RoleRecord& other) {
                        return other.assigned == entry.id;
                    });
                if (entry.id == was && unused && entry.owned) {
                    entry.superseded = std::max(planning.now(), planning.valid_at());
                }
            }
        }
    }
}

Failed failed(const std::string& code, const std::string& text, const std::string& hint = {}) {
    return {{Severity::error, code, text, {}, {}, hint}};
}

// The certificate that a step's object names, if this server has it. A copy that somebody carried here by
// hand bears no issuance id: any server's does.
std::optional<CertificateId> target_on(const PoolWorld& world, const Step& step) {
    const auto* here = reachable(world.view, step.server);
    if (here == nullptr) {
        return std::nullopt;
    }
    for (const auto& [name, server] : world.view.servers) {
        for (const auto& entry : server.store.personal) {
            const bool named =
                server.reachable &&
                (entry.id == step.object || (!entry.issuance.empty() && entry.issuance == step.object));
            if (named && personal(*here, entry.id) != nullptr) {
                return entry.id;
            }
        }
    }
    return std::nullopt;
}

Outcome Assignment::apply(const Step& step, PoolWorld& world) const {
    if (step.action == Action::unassign_role) {
        world.store(step.server).unassign(step.role, world.world.clock().now());
        world.look(step.server);
        return Done{};
    }
    const auto* spec = find_certificate(world.pool, step.certificate);
    if (spec == nullptr) {
        throw Error("no-such-certificate", "certificate " + step.certificate + " is not declared");
    }
    if (step.action == Action::assign_role) {
        return assign(*spec, step, world);
    }
    return step.action == Action::activate_role ? activate(*spec, step, world) : verify(*spec, step, world);
}

Outcome Assignment::assign(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    if (!is_way_back(step)) {
        world.look_everywhere();  // a switch is decided on what every server holds at this moment
        auto present = make_planning(world.pool, world.authorities, world.inputs, world.view);
        const auto id = target_on(world, step);
        const auto now_serving = serving(present, spec);
        const bool joins = id && !now_serving.empty() && now_serving.front().id == *id;
        const auto gap = id ? barrier_gap(present, *id) : std::optional{step.server};
        if (gap && !joins) {
            return failed("barrier",
                          "not switched: server " + *gap +
                              " does not hold the certificate with its key, or cannot be reached");
        }
    }
    const auto id = target_on(world, step);
    const auto* view = reachable(world.view, step.server);
    const auto* entry = id ? personal(*view, *id) : nullptr;
    if (entry == nullptr || !entry->certificate || entry->key != KeyState::present) {
        return failed("no-such-entry", "the certificate is not on " + step.server + " with its key");
    }
    const auto now = world.world.clock().now();
    if (entry->certificate->not_after <= now || entry->certificate->not_before > now) {
        return failed("not-valid-now",
                      "the certificate is valid from " + to_rfc3339(entry->certificate->not_before) + " to " +
                          to_rfc3339(entry->certificate->not_after));
    }
    RoleAssignment assignment;
    assignment.role = step.role;
    assignment.certificate = *id;
    assignment.pool = world.pool.name;
    assignment.now = now;
    assignment.clear_rejection = addressed(world.inputs.retry, world.pool, spec);
    world.store(step.server).assign(assignment);
    world.look(step.server);
    return Done{};
}

// The rejection is durable on every reachable server before anything goes back, so that no run, of nobody,
// tries it again by itself.
Outcome Assignment::reject(const CertificateSpec& spec,
                           const Step& step,
                           PoolWorld& world,
                           const std::string& why) {
    const auto id = target_on(world, step);
    if (!id) {
        return failed("no-such-entry", "the certificate is not on " + step.server);
    }
    Rejection rejection;
    rejection.certificate = *id;
    rejection.issuance = step.object == *id ? std::string{} : step.object;
    rejection.requirement = digest(spec.requirement);
    rejection.at = std::max(world.world.clock().now(),
                            world.inputs.at + Seconds{1});  // later than what a retry forgives
    rejection.why = why;
    RoleNote note;
    note.role = step.role;
    note.rejected = rejection;
    std::string unwritten;
    for (const auto& server : world.pool.servers) {
        if (!is_member(server) || reachable(world.view, server.name) == nullptr || is_way_back(step)) {
            continue;
        }
        try {
            world.store(server.name).note_role(note);
        } catch (const Error& error) {
            unwritten += (unwritten.empty() ? "" : "; ") + server.name + ": " + error.diagnostic().text;
        }
    }
    world.look_everywhere();
    return failed(
        step.action == Action::activate_role ? "activation-failed" : "verification-failed",
        why +
            (unwritten.empty() ? "" : " (the rejection could not be written everywhere: " + unwritten + ")"));
}

Outcome Assignment::activate(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    const auto id = target_on(world, step);
    const auto result = world.store(step.server).activate(step.role);
    if (!result.ok) {
        return reject(
            spec, step, world, "activation on " + step.server + " failed: " + printable(result.text, 400));
    }
    RoleNote note;
    note.role = step.role;
    note.activated = id;
    world.store(step.server).note_role(note);
    world.look(step.server);
    return Done{};
}

// "" or what is wrong with the answer of one check.
std::string check_once(const Verification& check, const CertificateId& id, PoolWorld& world) {
    const auto result = check.from_server ? world.store(check.server).handshake(check.order)
                                          : world.world.handshake(check.order);
    const auto where = check.order.host + ":" + std::to_string(check.order.port);
    if (!result.connected) {
        return where + " does not answer: " + printable(result.text, 200);
    }
    return result.sha256 == id ? std::string{}
                               : where + " answers with another certificate, " + printable(result.sha256, 64);
}

Outcome Assignment::verify(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    const auto id = target_on(world, step);
    if (!id) {
        return failed("no-such-entry", "the certificate is not on " + step.server);
    }
    for (const auto& check : spec.verify) {
        if (check.server != step.server) {
            continue;
        }
        std::string problem = check_once(check, *id, world);
        for (int attempt = 1; attempt < verify_attempts && !problem.empty(); ++attempt) {
            world.world.clock().sleep(Seconds{1});
            problem = check_once(check, *id, world);
        }
        if (!problem.empty()) {
            return reject(spec, step, world, "verification of " + step.server + " failed: " + problem);
        }
    }
    RoleNote note;
    note.role = step.role;
    note.verified = id;
    note.verified_checks = checks_digest(spec, step.server);
    world.store(step.server).note_role(note);
    world.look(step.server);
    return Done{};
}

}  // namespace

std::unique_ptr<Provider> make_assignment() {
    return std::make_unique<Assignment>();
}

}  // namespace edgecert
