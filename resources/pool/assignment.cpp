// Assignment, carried out: a role points at the pool's certificate, what uses it is told, and somebody looks
// whether it answers; what fails is rejected for good.
#include "resources/pool/assignment.h"

#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/assignment_mend.h"
#include "resources/pool/choice.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"

namespace edgecert {

namespace {

constexpr int verify_attempts = 10;  // a service takes a moment to answer with what it was told to load

class Assignment final : public Provider {
public:
    void diff(Planning& planning) const override { diff_assignment(planning); }
    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::assign_role || action == Action::activate_role ||
               action == Action::verify_role || action == Action::unassign_role;
    }
    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;

private:
    static Outcome assign(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome activate(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome verify(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome reject(const CertificateSpec& spec,
                          const Step& step,
                          PoolWorld& world,
                          const std::string& why);
};

// The certificate that was approved, where it was known then.
std::optional<CertificateId> approved(const Step& step) {
    const auto field = std::find_if(step.fields.begin(), step.fields.end(), [](const FieldChange& change) {
        return change.name == "certificate" && !change.after.empty() && change.after != known_later;
    });
    return field == step.fields.end() ? std::nullopt : std::optional{field->after};
}

// The certificate that a step's object names, if this server has it. A copy that somebody carried here by
// hand bears no issuance id: any server's does. Under an issuance id a server can show whatever it likes:
// what was approved by its fingerprint is that one and no other.
std::optional<CertificateId> target_on(const PoolWorld& world, const Step& step) {
    const auto* here = reachable(world.view, step.server);
    if (here == nullptr) {
        return std::nullopt;
    }
    const auto only = approved(step);
    for (const auto& [name, server] : world.view.servers) {
        for (const auto& entry : server.store.personal) {
            const bool named =
                server.reachable &&
                (entry.id == step.object || (!entry.issuance.empty() && entry.issuance == step.object));
            if (named && (!only || entry.id == *only) && personal(*here, entry.id) != nullptr) {
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
    const auto& spec = spec_of(step, world);
    if (step.action == Action::assign_role) {
        return assign(spec, step, world);
    }
    return step.action == Action::activate_role ? activate(spec, step, world) : verify(spec, step, world);
}

// What came up since the plan was made and speaks against the switch: a gap in the barrier, a rejection that
// another controller wrote meanwhile, a chain that this server trusts no more.
std::optional<Outcome> why_not(const CertificateSpec& spec, const Step& step, const PoolWorld& world) {
    const auto present = at_present(world);
    const auto id = target_on(world, step);
    const auto gap = id ? barrier_gap(present, *id) : std::optional{step.server};
    const auto* here = reachable(world.view, step.server);
    const bool alone = id && here != nullptr && joins(present, spec, step.role, *id) &&
                       takes_nothing_out(present, *here, step.role, *id);
    if (gap && !alone) {
        return failed("barrier",
                      "not switched: server " + *gap +
                          " does not hold the certificate with its key, or cannot be reached");
    }
    const auto held = id ? candidate(present, *id) : std::nullopt;
    if (held && (is_rejected(present, spec, *held) || has_failed(present, spec, step.server, *id))) {
        return failed("rejected-meanwhile", "not switched: another run found that it does not serve");
    }
    if (held && here != nullptr && !is_trusted(*here, held->entry->certificate)) {
        return Done{};  // somebody took its chain away; the fresh plan brings that back first
    }
    return std::nullopt;
}

// Where nobody is told and nothing is asked, the switch ends with the assignment.
void note_without_checks(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    if (checks_digest(spec, step.server) != no_checks()) {
        return;
    }
    RoleNote note;
    note.role = step.role;
    note.verified_checks = no_checks();
    world.store(step.server).note_role(note);
}

Outcome Assignment::assign(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    if (!is_way_back(step)) {
        world.look_everywhere();  // a switch is decided on what every server holds at this moment
        if (auto why = why_not(spec, step, world)) {
            return *why;
        }
    }
    const auto id = target_on(world, step);
    const auto* view = reachable(world.view, step.server);
    const auto* entry = id ? personal(*view, *id) : nullptr;
    if (entry == nullptr || !entry->certificate || entry->key != KeyState::present) {
        return failed("no-such-entry", "the certificate is not on " + step.server + " with its key");
    }
    if (is_way_back(step) && !can_go_back(at_present(world), *view, *id)) {
        return failed("way-back-lost",
                      "the certificate before is on " + step.server +
                          " and cannot serve again: it has expired, or its chain is trusted there no longer");
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
    // Not on the way back from a retry that failed: the rejection just noted has to stay.
    assignment.clear_rejection = !EDGECERT_MUTANT(retry_leaves_rejection) && !is_way_back(step) &&
                                 addressed(world.inputs.retry, world.pool, spec);
    const auto* before = role_record(*view, step.role);
    const bool once_more = before != nullptr && before->assigned == *id;
    if (!once_more) {
        world.switches.insert({step.server, step.role, *id});
    } else if (!is_way_back(step) && !why_mended(at_present(world), spec, *view, *id).empty()) {
        untell(world, step.server, *id);
    }
    const bool told = !view->store.activates;
    world.store(step.server).assign(assignment);
    if (told) {
        note_without_checks(spec, step, world);
    }
    world.look(step.server);
    return Done{};
}

// The rejection is durable on every reachable server before anything goes back, so that no run, of nobody,
// tries it again by itself. What only this server does not get to work is noted there and stays where it is
// elsewhere.
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
    rejection.at = std::max(world.world.clock().now(), world.inputs.at);  // a retry forgives what is older
    rejection.why = why;
    const bool here_only = is_failure_of_server(at_present(world), spec, step, *id, world.switches);
    if (here_only && !EDGECERT_MUTANT(failure_noted_as_rejection)) {
        rejection.requirement = failure_digest(spec, step.server);
    }
    RoleNote note;
    note.role = step.role;
    note.rejected = rejection;
    if (EDGECERT_MUTANT(rejection_noted_late) && !is_way_back(step)) {
        world.store(step.server).unassign(step.role, world.world.clock().now());
    }
    std::string unwritten;
    for (const auto& server : world.pool.servers) {
        const bool concerned = is_member(server) && (!here_only || server.name == step.server);
        if (!concerned || reachable(world.view, server.name) == nullptr || is_way_back(step) ||
            EDGECERT_MUTANT(rejection_forgotten)) {
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
    if (checks_digest(spec, step.server) == no_checks()) {
        note.verified_checks = no_checks();  // nothing is asked: the switch ends here
    }
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
            if (world.world.clock().stopping()) {
                // Cut short, and no verdict: nothing may be rejected for it.
                return Waiting{"the verification of " + step.server,
                               "it was asked to stop before " + problem + " for long enough; apply goes on"};
            }
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
