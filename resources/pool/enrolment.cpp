// Enrolment, carried out: a request goes to its CA once, and its answer comes back, judged before anything is
// installed.
#include "resources/pool/enrolment.h"

#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"
#include "resources/pool/request.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

class Enrolment final : public Provider {
public:
    void diff(Planning& planning) const override { diff_enrolment(planning); }
    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::submit_request || action == Action::collect_certificate;
    }
    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;

private:
    static Outcome submit(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome collect(const CertificateSpec& spec, const Step& step, PoolWorld& world);
};

Outcome Enrolment::apply(const Step& step, PoolWorld& world) const {
    const auto& spec = spec_of(step, world);
    auto outcome =
        step.action == Action::submit_request ? submit(spec, step, world) : collect(spec, step, world);
    world.look_everywhere();
    return outcome;
}

Submission submission_of(const CertificateSpec& spec, const OpenRequest& open, Instant now) {
    Submission submission;
    submission.issuance = open.entry.issuance;
    submission.pool = open.entry.pool;
    submission.certificate = spec.name;
    submission.request_pem = open.entry.request_pem;
    submission.spki = open.entry.spki;
    submission.template_name = spec.template_name;
    submission.extended_key_usage = spec.requirement.extended_key_usage;
    submission.validity = spec.validity;
    submission.digest = spec.digest;
    submission.holder = open.holder;
    submission.now = now;
    return submission;
}

// A server that was taken over can hand out another request for its key at any later look: what the CA signs
// has to be what was declared, whatever was checked when it was made. "" or what is wrong.
std::string strangeness(const CertificateSpec& spec, const RequestEntry& entry) {
    try {
        const auto asked = x509::parse_request(entry.request_pem);
        if (asked.spki_sha256 != entry.spki) {
            return "it is for another key";
        }
        return x509::asks_as_ordered(asked, contents_of(spec))
                   ? std::string{}
                   : "it asks for another subject, other names, usages or another kind of key";
    } catch (const Error& error) {
        return error.diagnostic().text;
    }
}

// What the CA certainly never saw is as it was before, and goes out again by itself.
SubmitAnswer send(const CertificateSpec& spec, const OpenRequest& open, PoolWorld& world) {
    const Instant now = world.world.clock().now();
    try {
        return world.authority_units.at(spec.requirement.authority)
            ->authority()
            .submit(submission_of(spec, open, now));
    } catch (const Error& error) {
        if (error.diagnostic().code == not_submitted) {
            note_everywhere(open.entry, open.holder, {RequestPhase::created, now, {}, {}, {}, {}}, world);
        }
        throw;
    }
}

// Nothing was sent, and the holder, whose word counts, says so again. What may have been sent before stays
// what nobody knows.
void take_back_intent(const OpenRequest& open, PoolWorld& world) {
    if (open.phase != RequestPhase::created && open.phase != RequestPhase::denied) {
        return;
    }
    const auto& entry = open.entry;
    const auto at = std::max(world.world.clock().now(), entry.since);
    try {
        world.store(open.holder)
            .note_request({entry.pool, entry.name, entry.spki}, {open.phase, at, {}, {}, {}, {}});
    } catch (const Error&) {
        return;  // the holder is gone as well, and a person has to look; the first failure says why
    }
}

// On every server or not at all: where one cannot note it (its disk is full, somebody holds its lock) nothing
// is sent.
void note_intent(const OpenRequest& open, PoolWorld& world) {
    const auto intent =
        EDGECERT_MUTANT(sent_again_after_crash) ? RequestPhase::created : RequestPhase::submitting;
    try {
        note_everywhere(open.entry, open.holder, {intent, world.world.clock().now(), {}, {}, {}, {}}, world);
    } catch (const Error&) {
        take_back_intent(open, world);
        throw;
    }
}

bool has_reason(const Step& step, std::string_view code) {
    return std::any_of(
        step.reasons.begin(), step.reasons.end(), [&](const Reason& reason) { return reason.code == code; });
}

// What the CA answered is so, whatever becomes of the notes of it.
Outcome told_of(const OpenRequest& open,
                const RequestNote& note,
                PoolWorld& world,
                const std::string& stands,
                Outcome outcome) {
    try {
        note_everywhere(open.entry, open.holder, note, world);
    } catch (const Error& error) {
        auto why = error.diagnostic();
        why.text = stands + ", and that could not be noted on every server: " + why.text;
        return Failed{std::move(why), stands};
    }
    return outcome;
}

Outcome Enrolment::submit(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    auto& clock = world.world.clock();
    const auto lock =
        EDGECERT_MUTANT(lock_dropped_early) ? nullptr : world.store(step.server).lock(lock_patience);
    world.look(step.server);  // decided again under the lock: another controller may have sent it
    const auto open = open_request(at_present(world), spec);
    if (!open || open->entry.issuance != step.object || !open->has_key) {
        return Done{};  // the fresh plan says what is to be done instead
    }
    const auto& authority = world.authority_units.at(spec.requirement.authority)->authority();
    const bool retried = has_reason(step, "retry");
    const bool missing = has_reason(step, not_at_authority) && open->phase == RequestPhase::accepted;
    const bool undecided = open->phase == RequestPhase::submitting || open->phase == RequestPhase::ambiguous;
    // Stamped after the plan that asked for a retry, so that the same plan does not ask again.
    const auto stamp = [&] {
        return retried ? std::max(clock.now(), world.inputs.at + Seconds{1}) : clock.now();
    };
    if (open->phase != RequestPhase::created && !retried &&
        !((undecided || missing) && authority.idempotent())) {
        return Done{};
    }
    if (const auto strange = strangeness(spec, open->entry); !strange.empty()) {
        return failed("request-not-ordered",
                      "nothing was sent: the request for " + spec.name + " on " + open->holder +
                          " is not the one that was ordered: " + strange,
                      "find out who changed it, then apply --resubmit " + world.pool.name + "/" + spec.name);
    }
    keep_everywhere(open->entry, open->holder, world);
    note_intent(*open, world);
    const auto answer = send(spec, *open, world);
    const auto& at = spec.requirement.authority.str();
    const auto request = "the request for " + spec.name;
    if (const auto* accepted = std::get_if<Accepted>(&answer)) {
        const auto name = accepted->ticket.empty() ? std::string{} : " as request " + accepted->ticket;
        return told_of(*open,
                       {RequestPhase::accepted, stamp(), accepted->ticket, {}, {}, {}},
                       world,
                       request + " is at " + at + printable(name, 256),
                       Done{});
    }
    if (const auto* denied = std::get_if<Denied>(&answer)) {
        const auto text = denial_note(*denied, spec.template_name);
        return told_of(*open,
                       {RequestPhase::denied, stamp(), {}, text, {}, {}},
                       world,
                       at + " denied " + request,
                       Waiting{at, "it denied the request: " + text});
    }
    const auto& ambiguous = std::get<Ambiguous>(answer);
    return told_of(*open,
                   {RequestPhase::ambiguous, stamp(), {}, ambiguous.message, {}, {}},
                   world,
                   request + " went to " + at + ", which may have it",
                   Waiting{"an operator", ambiguous.message});
}

// What keeps an answer from being collected that is no certificate.
Waiting waiting_for(const Answer& answer, const std::string& authority) {
    if (const auto* pending = std::get_if<Pending>(&answer)) {
        return {pending->on_whom, pending->what_to_do};
    }
    if (const auto* denied = std::get_if<Denied>(&answer)) {
        return {authority, "it denied the request: " + denied->message};
    }
    if (const auto* ambiguous = std::get_if<Ambiguous>(&answer)) {
        return {"an operator",
                ambiguous->message.empty() ? "another request lies at " + authority + " in its place"
                                           : ambiguous->message};
    }
    const auto* unusable = std::get_if<Unusable>(&answer);
    return {authority, "its answer cannot be used" + (unusable == nullptr ? "" : ": " + unusable->message)};
}

Outcome Enrolment::collect(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    auto& clock = world.world.clock();
    const auto present = at_present(world);
    auto open = open_request(present, spec);
    if (!open || open->entry.issuance != step.object || open->phase == RequestPhase::collected) {
        return Done{};
    }
    for (const auto& [address, ticket] : world.inputs.request_ids) {
        const bool undecided =
            open->phase == RequestPhase::submitting || open->phase == RequestPhase::ambiguous;
        const bool corrected = open->phase == RequestPhase::accepted && open->entry.ticket != ticket;
        if ((undecided || corrected) && addressed({address}, world.pool, spec)) {
            note_everywhere(
                open->entry, open->holder, {RequestPhase::accepted, clock.now(), ticket, {}, {}, {}}, world);
            open->entry.ticket = ticket;
        }
    }
    const Inquiry inquiry{open->entry.issuance,
                          open->entry.pool,
                          spec.name,
                          open->entry.spki,
                          open->entry.ticket,
                          open->entry.request_pem,
                          open->entry.submitted.value_or(open->entry.since)};
    const auto answer = world.authority_units.at(spec.requirement.authority)
                            ->authority()
                            .poll(inquiry, world.world.certificates());
    const auto* issued = std::get_if<Issued>(&answer);
    if (issued == nullptr) {
        return waiting_for(answer, spec.requirement.authority);
    }
    const auto faults = faults_of(*issued, *open, spec, present);
    if (!faults.empty()) {
        return Waiting{spec.requirement.authority,
                       "the certificate it issued does not do: " + joined(faults)};
    }
    const auto authority = world.authorities.find(spec.requirement.authority);
    const auto path = issuers(*issued->certificate, declared_chain(authority->second, world.view));
    if (!path) {
        return failed("no-chain", "no declared chain leads from the certificate to a pinned root");
    }
    // Another controller may have given it up meanwhile: that is decided under the same lock.
    const auto lock = world.store(open->holder).lock(lock_patience);
    world.look(open->holder);
    const auto still = open_request(at_present(world), spec);
    if (!still || still->entry.issuance != step.object) {
        return Done{};
    }
    RequestNote note{RequestPhase::collected, clock.now(), {}, {}, issued->certificate, *path};
    note_everywhere(open->entry, open->holder, note, world);
    return Done{};
}

}  // namespace

std::unique_ptr<Provider> make_enrolment() {
    return std::make_unique<Enrolment>();
}

}  // namespace edgecert
