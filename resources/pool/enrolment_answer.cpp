// What a CA says of a request, planned: its answer taken, waited for, or asked for again.
#include <algorithm>
#include <utility>

#include "resources/pool/choice.h"
#include "resources/pool/enrolment_steps.h"
#include "resources/pool/look.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

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
        block_certificate(
            planning,
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
        block_certificate(planning,
                          spec,
                          {WaitKind::person,
                           "answer-ambiguous",
                           "an operator",
                           since,
                           ambiguous->message + remedies(planning, spec)});
    } else if (const auto* unusable = std::get_if<Unusable>(&answer)) {
        block_certificate(
            planning,
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

}  // namespace

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
    block_certificate(planning,
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

void diff_enrolment_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    const auto& authority = spec.requirement.authority;
    if (const auto silent = planning.view().silent.find(open.entry.issuance);
        silent != planning.view().silent.end()) {
        diff_entries(planning, spec, open);
        block_certificate(
            planning,
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

}  // namespace edgecert
