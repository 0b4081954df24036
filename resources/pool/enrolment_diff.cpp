// Enrolment, planned: what is sent, what is waited for and by whom, what is taken from the CA.
#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/authorities/advice.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/renewal.h"
#include "resources/pool/served.h"

namespace edgecert {

std::string joined(const std::vector<Reason>& reasons) {
    std::string text;
    for (const auto& reason : reasons) {
        text += (text.empty() ? "" : "; ") + reason.text;
    }
    return text;
}

namespace {

constexpr std::string_view template_mark = " [template ";

}  // namespace

std::string denial_note(const Denied& denied, const std::string& template_name) {
    constexpr std::size_t longest = 2000;  // stores keep so much and more, so that the mark is never cut off
    return printable(denied.message + (denied.hint.empty() ? "" : " (" + denied.hint + ")"), longest) +
           (template_name.empty() ? "" : std::string(template_mark) + template_name + "]");
}

std::string template_denied(const std::string& note) {
    const auto begin = note.rfind(template_mark);
    if (begin == std::string::npos || note.back() != ']') {
        return {};
    }
    const auto name = begin + template_mark.size();
    return note.substr(name, note.size() - name - 1);
}

// What of an issued certificate keeps it from being installed.
std::vector<Reason> faults_of(const Issued& issued,
                              const OpenRequest& open,
                              const CertificateSpec& spec,
                              const Planning& planning) {
    std::vector<Reason> faults;
    if (issued.certificate->spki_sha256 != open.entry.spki) {
        faults.push_back({"key-differs", "it is for another key than the request's", {}, {}});
    }
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (authority == planning.authorities.end() || EDGECERT_MUTANT(any_answer_accepted)) {
        return faults;
    }
    const auto chain = declared_chain(authority->second, planning.view());
    const auto standard = standard_for(planning, spec, authority->second, chain);
    const auto more = shortcomings(*issued.certificate, open.entry.submitted, standard);
    faults.insert(faults.end(), more.begin(), more.end());
    const auto due_at = renewal_due(planning, spec, *issued.certificate);
    if (due_at && *due_at <= planning.now() && issued.certificate->not_after > planning.valid_at()) {
        faults.push_back(
            {"due-already",
             "it is due for renewal already (valid from " + to_rfc3339(issued.certificate->not_before) + ")",
             {},
             {}});
    }
    const auto fresh = answer_shortcomings(*issued.certificate, standard);
    faults.insert(faults.end(), fresh.begin(), fresh.end());
    return faults;
}

namespace {

std::string address_of(const Planning& planning, const CertificateSpec& spec) {
    return planning.pool.name + "/" + spec.name;
}

void block(Planning& planning, const CertificateSpec& spec, Wait wait) {
    planning.add(make_wait(planning, spec.name, std::move(wait)));
    planning.blocked.insert(spec.name);
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
        if (other.certificate == spec.name &&
            (other.action == Action::submit_request || other.action == Action::create_request)) {
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
        if (other.certificate == spec.name && other.action == Action::create_request) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
    OpenRequest sent = open;
    sent.entry.phase = RequestPhase::accepted;
    add_collection(planning, spec, sent, nullptr);
}

void diff_undecided(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto authority = planning.view().authorities.find(spec.requirement.authority);
    const bool idempotent = authority != planning.view().authorities.end() && authority->second->idempotent;
    if (idempotent) {
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
    for (const auto& [address, ticket] : planning.inputs.request_ids) {
        if (addressed({address}, planning.pool, spec)) {
            add_collection(planning, spec, open, nullptr);
            return;
        }
    }
    const auto what = open.entry.message.empty() ? std::string{"the answer to the submission was lost"}
                                                 : open.entry.message;
    const auto declared = planning.authorities.find(spec.requirement.authority);
    const auto where = how_to_look_up(declared == planning.authorities.end() ? nullptr : &declared->second,
                                      spec.requirement.authority,
                                      open.entry.spki,
                                      spec.requirement.subject.common_name);
    block(planning,
          spec,
          {WaitKind::person,
           "submission-ambiguous",
           "an operator",
           open.entry.submitted,
           what + "; " + where + " sent at " + to_rfc3339(open.entry.submitted.value_or(open.entry.since)) +
               ", then apply --request-id " + address_of(planning, spec) +
               "=ID, or, if there is none, --resubmit " + address_of(planning, spec)});
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
    block(planning,
          spec,
          {WaitKind::person,
           "request-denied",
           "whoever may change " + authority + " or the declaration",
           open.entry.since,
           authority + " denied it: " + why + "; then apply --retry " + address_of(planning, spec)});
}

void diff_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto& authority = spec.requirement.authority;
    if (const auto silent = planning.view().silent.find(open.entry.issuance);
        silent != planning.view().silent.end()) {
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
    const auto since = open.entry.submitted ? open.entry.submitted : std::optional{open.entry.since};
    if (const auto* issued = std::get_if<Issued>(&found->second)) {
        const auto faults = faults_of(*issued, open, spec, planning);
        if (faults.empty()) {
            add_collection(planning, spec, open, issued->certificate);
            return;
        }
        block(planning,
              spec,
              {WaitKind::person,
               "answer-unusable",
               "whoever asked " + authority,
               since,
               "the certificate it issued" + (issued->where.empty() ? "" : " (" + issued->where + ")") +
                   " does not do: " + joined(faults) +
                   (issued->where.empty()
                        ? "; change what the CA grants or what is declared, then apply --resubmit " +
                              address_of(planning, spec)
                        : "; put a better one in its place, or change the declaration")});
    } else if (const auto* pending = std::get_if<Pending>(&found->second)) {
        planning.add(make_wait(
            planning,
            spec.name,
            {WaitKind::authority, "request-pending", pending->on_whom, since, pending->what_to_do}));
        add_collection(planning, spec, open, nullptr);
    } else if (const auto* denied = std::get_if<Denied>(&found->second)) {
        diff_denied(
            planning, spec, open, denied->message + (denied->hint.empty() ? "" : " (" + denied->hint + ")"));
    } else if (const auto* ambiguous = std::get_if<Ambiguous>(&found->second)) {
        block(planning,
              spec,
              {WaitKind::person,
               "answer-ambiguous",
               "an operator",
               since,
               ambiguous->message + remedies(planning, spec)});
    } else if (const auto* unusable = std::get_if<Unusable>(&found->second)) {
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
