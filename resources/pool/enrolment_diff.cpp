// Enrolment, planned: what is sent, what is waited for and by whom, what is taken from the CA.
#include <algorithm>
#include <utility>

#include "resources/authorities/advice.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/look.h"
#include "resources/pool/requests.h"
#include "resources/pool/served.h"

namespace edgecert {

namespace {

std::string address_of(const Planning& planning, const CertificateSpec& spec) {
    return planning.pool.name + "/" + spec.name;
}

void block(Planning& planning, const CertificateSpec& spec, Wait wait) {
    planning.add(make_wait(planning, spec.name, std::move(wait)));
    planning.blocked.insert(spec.name);
}

// And does not only keep the entry of one.
bool makes_one(const Step& step) {
    return step.action == Action::create_request && !step.fields.empty();
}

void add_collection(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const x509::CertificateRef& known) {
    auto step = make_step(planning, Action::collect_certificate, open.holder, spec.name);
    step.object = open.entry.issuance;
    step.summary = "take " + spec.name + " from " + spec.requirement.authority;
    step.reasons.push_back({"not-collected",
                            "the answer of " + spec.requirement.authority + " is not on " + open.holder,
                            Cause::fresh,
                            spec.where});
    step.fields.push_back({"certificate", {}, known ? known->sha256 : std::string{known_later}});
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && (other.action == Action::submit_request || makes_one(other))) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
    // As it will be.
    for (auto& entry : reachable(planning.project(), open.holder)->store.requests) {
        if (entry.pool == planning.pool.name && entry.name == spec.name &&
            entry.issuance == open.entry.issuance) {
            entry.phase = RequestPhase::collected;
            entry.since = Instant::max();
            entry.answer = known;
        }
    }
}

void add_submission(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const Reason& reason) {
    const auto& authority = spec.requirement.authority;
    const auto view = planning.view().authorities.find(authority);
    if (view != planning.view().authorities.end() && !view->second->reachable) {
        block(planning,
              spec,
              {WaitKind::authority_unreachable, "authority-unreachable", authority, {}, view->second->error});
        return;
    }
    if (auto wait = cannot_issue(planning, spec)) {
        block(planning, spec, *std::move(wait));
        return;
    }
    auto step = make_step(planning, Action::submit_request, open.holder, spec.name);
    step.object = open.entry.issuance;
    step.summary = "send the request for " + spec.name + " to " + authority;
    step.reasons.push_back(reason);
    step.fields.push_back({"authority", {}, authority});
    step.irreversible = true;
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && makes_one(other)) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
    OpenRequest sent = open;
    sent.entry.phase = RequestPhase::accepted;
    add_collection(planning, spec, sent, nullptr);
}

bool is_idempotent(const Planning& planning, const CertificateSpec& spec) {
    const auto authority = planning.view().authorities.find(spec.requirement.authority);
    return authority != planning.view().authorities.end() && authority->second->idempotent;
}

// Nobody knows whether the CA has it, and only a person can find out.
void wait_for_whoever_looks(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto address = address_of(planning, spec);
    const bool idempotent = is_idempotent(planning, spec);
    const bool said = !open.entry.message.empty() && open.entry.phase != RequestPhase::abandoned;
    const auto what = said ? open.entry.message : std::string{"the answer to the submission was lost"};
    const auto declared = planning.authorities.find(spec.requirement.authority);
    const auto where = how_to_look_up(declared == planning.authorities.end() ? nullptr : &declared->second,
                                      spec.requirement.authority,
                                      open.entry.spki,
                                      spec.requirement.subject.common_name);
    diff_entries(planning, spec, open);
    block(planning,
          spec,
          {WaitKind::person,
           "submission-ambiguous",
           "an operator",
           open.entry.submitted,
           what + "; " + where + " sent at " + to_rfc3339(open.entry.submitted.value_or(open.entry.since)) +
               ", then apply " +
               (idempotent ? "--retry " + address + ", which sends it again as the same request, " : "") +
               "--request-id " + address + "=ID, or, if there is none, --resubmit " + address});
}

void diff_undecided(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const bool idempotent = is_idempotent(planning, spec);
    const bool said = open.entry.phase == RequestPhase::ambiguous;  // by the CA, in words; not by us
    if (idempotent && !said) {
        add_submission(
            planning,
            spec,
            open,
            {"submission-unfinished",
             "a submission was begun and its end is not noted; sending it again is the same request",
             Cause::drift,
             spec.where});
        return;
    }
    if (idempotent && addressed(planning.inputs.retry, planning.pool, spec) &&
        open.entry.since <= planning.now()) {
        add_submission(planning,
                       spec,
                       open,
                       {"retry", "the operator asked to send the request again", Cause::manifest, {}});
        return;
    }
    const auto& named = planning.inputs.request_ids;
    const bool found = std::any_of(named.begin(), named.end(), [&](const auto& one) {
        return addressed({one.first}, planning.pool, spec);
    });
    if (found) {
        add_collection(planning, spec, open, nullptr);
    } else {
        wait_for_whoever_looks(planning, spec, open);
    }
}

// What else a person can say of an answer that is none, to a CA that knows requests by a number.
std::string remedies(const Planning& planning, const CertificateSpec& spec) {
    const auto declared = planning.authorities.find(spec.requirement.authority);
    const bool numbered = declared != planning.authorities.end() &&
                          std::holds_alternative<AdcsAuthority>(declared->second.kind);
    return numbered ? "; if it is another request, apply --request-id " + address_of(planning, spec) +
                          "=ID; to ask anew, apply --resubmit " + address_of(planning, spec)
                    : std::string{};
}

// Somebody has named another request than the one that is waited for.
bool is_renamed(const Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    return std::any_of(
        planning.inputs.request_ids.begin(), planning.inputs.request_ids.end(), [&](const auto& named) {
            return named.second != open.entry.ticket && addressed({named.first}, planning.pool, spec);
        });
}

// Denied, now or earlier: nothing goes out again before somebody says so.
void diff_denied(Planning& planning,
                 const CertificateSpec& spec,
                 const OpenRequest& open,
                 const std::string& why) {
    if (addressed(planning.inputs.retry, planning.pool, spec) && open.entry.since <= planning.now()) {
        add_submission(planning,
                       spec,
                       open,
                       {"retry", "the operator asked to send the denied request again", Cause::manifest, {}});
        return;
    }
    const auto before = template_denied(why);
    if (!before.empty() && before != spec.template_name) {
        add_submission(
            planning,
            spec,
            open,
            {"retry",
             "it was denied for the template " + before + ", and now " + spec.template_name + " is declared",
             Cause::manifest,
             spec.where});
        return;
    }
    const auto& authority = spec.requirement.authority;
    diff_entries(planning, spec, open);
    block(planning,
          spec,
          {WaitKind::person,
           "request-denied",
           "whoever may change " + authority + " or the declaration",
           open.entry.since,
           authority + " denied it: " + why +
               (is_denied_for_good(why) ? "; to ask anew, under another id, apply --resubmit "
                                        : "; then apply --retry ") +
               address_of(planning, spec)});
}

// Its CA knows of no such request and has nothing to say of it, and takes it once more as the same one.
bool is_not_at(const Planning& planning, const CertificateSpec& spec, const Answer& answer) {
    const auto* ambiguous = std::get_if<Ambiguous>(&answer);
    return ambiguous != nullptr && ambiguous->message.empty() && is_idempotent(planning, spec);
}

// An answer that is none yet, or none that would do: in words, whoever has to do what.
void wait_for_answer(Planning& planning,
                     const CertificateSpec& spec,
                     const OpenRequest& open,
                     const Answer& answer) {
    const auto& authority = spec.requirement.authority;
    const auto since = open.entry.submitted ? open.entry.submitted : std::optional{open.entry.since};
    diff_entries(planning, spec, open);
    if (const auto* issued = std::get_if<Issued>(&answer)) {
        block(planning,
              spec,
              {WaitKind::person,
               "answer-unusable",
               "whoever asked " + authority,
               since,
               "the certificate it issued" + (issued->where.empty() ? "" : " (" + issued->where + ")") +
                   " does not do: " + joined(faults_of(*issued, open, spec, planning)) +
                   (issued->where.empty()
                        ? "; change what the CA grants or what is declared, then apply --resubmit " +
                              address_of(planning, spec)
                        : "; put a better one in its place, or change the declaration")});
    } else if (const auto* pending = std::get_if<Pending>(&answer)) {
        planning.add(make_wait(
            planning,
            spec.name,
            {WaitKind::authority, "request-pending", pending->on_whom, since, pending->what_to_do}));
        add_collection(planning, spec, open, nullptr);
    } else if (const auto* ambiguous = std::get_if<Ambiguous>(&answer)) {
        block(planning,
              spec,
              {WaitKind::person,
               "answer-ambiguous",
               "an operator",
               since,
               ambiguous->message + remedies(planning, spec)});
    } else if (const auto* unusable = std::get_if<Unusable>(&answer)) {
        block(planning,
              spec,
              {WaitKind::person,
               "answer-unusable",
               "whoever brings the answer",
               since,
               unusable->message +
                   (unusable->where.empty() || unusable->message.find(unusable->where) != std::string::npos
                        ? ""
                        : " (" + unusable->where + ")") +
                   remedies(planning, spec)});
    }
}

void diff_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto& authority = spec.requirement.authority;
    if (const auto silent = planning.view().silent.find(open.entry.issuance);
        silent != planning.view().silent.end()) {
        diff_entries(planning, spec, open);
        block(planning,
              spec,
              {WaitKind::authority_unreachable, "authority-unreachable", authority, {}, silent->second});
        return;
    }
    const auto found = planning.view().answers.find(open.entry.issuance);
    if (found == planning.view().answers.end() || is_renamed(planning, spec, open)) {
        add_collection(planning, spec, open, nullptr);
        return;
    }
    const auto answer = found->second;  // what is planned here makes a new view
    const auto* issued = std::get_if<Issued>(&answer);
    if (issued != nullptr && faults_of(*issued, open, spec, planning).empty()) {
        add_collection(planning, spec, open, issued->certificate);
    } else if (const auto* denied = std::get_if<Denied>(&answer)) {
        diff_denied(planning, spec, open, denial_note(*denied, {}));
    } else if (is_not_at(planning, spec, answer)) {
        add_submission(planning,
                       spec,
                       open,
                       {std::string{not_at_authority},
                        "another request lies where " + authority +
                            " takes this one; sending it again is the same request",
                        Cause::drift,
                        spec.where});
    } else {
        wait_for_answer(planning, spec, open, answer);
    }
}

// Has the CA's log a certificate under this issuance id for another key? The request that it answered is
// gone, and what was made again under the same id is denied for ever.
bool is_answered_for_another_key(const Planning& planning, const OpenRequest& open) {
    const auto authority = planning.view().authorities.find(open.entry.authority);
    if (authority == planning.view().authorities.end()) {
        return false;
    }
    const auto& issued = authority->second->issued;
    return std::any_of(issued.begin(), issued.end(), [&](const IssuedRecord& record) {
        return record.issuance == open.entry.issuance && record.spki != open.entry.spki;
    });
}

// The key decides: nothing goes on without it, and no other request is made while it may still be there.
bool block_without_key(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto lost = [&](const std::string& what, const std::string& remedy) {
        block(planning,
              spec,
              {WaitKind::person,
               "key-lost",
               "an operator",
               open.entry.since,
               what + "; " + remedy + "give the request up: apply --resubmit " + address_of(planning, spec)});
        return true;
    };
    if (find_server(planning.pool, open.holder) == nullptr) {
        return lost("server " + open.holder + ", which holds the key of the open request for " + spec.name +
                        ", is no longer declared",
                    "declare it again (absent: true does), or ");
    }
    if (!open.holder_reachable) {
        block(planning,
              spec,
              {WaitKind::server,
               "holder-unreachable",
               "server " + open.holder,
               open.entry.since,
               "it holds the key of the open request for " + spec.name + "; make it reachable"});
        return true;
    }
    if (!open.has_key) {
        return lost("the key of the open request for " + spec.name + " is gone from " + open.holder,
                    "restore it, or ");
    }
    if (is_answered_for_another_key(planning, open)) {
        return lost("the log of " + open.entry.authority +
                        " has a certificate under the issuance id of the open request for " + spec.name +
                        ", for another key, which is gone",
                    "");
    }
    return false;
}

void diff_request(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    if (block_without_key(planning, spec, open)) {
        return;
    }
    switch (open.phase) {
        case RequestPhase::created:
            add_submission(planning,
                           spec,
                           open,
                           {"not-submitted", "the request has not been sent", Cause::fresh, spec.where});
            return;
        case RequestPhase::submitting:
        case RequestPhase::ambiguous:
            diff_undecided(planning, spec, open);
            return;
        case RequestPhase::denied:
            diff_denied(planning, spec, open, open.entry.message);
            return;
        case RequestPhase::accepted:
            diff_answer(planning, spec, open);
            return;
        case RequestPhase::collected:
        case RequestPhase::abandoned:
            return;  // collected: installation goes on with it
    }
}

}  // namespace

void diff_enrolment(Planning& planning) {
    for (const auto& spec : planning.pool.certificates) {
        if (planning.blocked.contains(spec.name) || wanted(planning, spec)) {
            continue;
        }
        if (const auto open = open_request(planning, spec)) {
            diff_request(planning, spec, *open);
        }
    }
}

}  // namespace edgecert
