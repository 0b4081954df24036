// Enrolment, planned: what is sent, what is waited for and by whom, what is taken from the CA.
#include <algorithm>
#include <utility>

#include "resources/authorities/advice.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment_steps.h"
#include "resources/pool/look.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

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
    block_certificate(
        planning,
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
        block_certificate(
            planning,
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
        block_certificate(planning,
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
            diff_enrolment_answer(planning, spec, open);
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
