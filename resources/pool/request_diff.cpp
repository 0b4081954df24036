// Request, planned: where nothing satisfies and nothing is under way, with every reason why.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/replacement.h"
#include "resources/pool/request.h"
#include "resources/pool/requests.h"
#include "resources/pool/served.h"

namespace edgecert {

namespace {

// Was a certificate with this issuance id ever asked for, as far as anybody remembers? Then another one needs
// another id (I5).
bool is_taken(const Planning& planning, const CertificateSpec& spec, const std::string& issuance) {
    const auto authority = planning.view().authorities.find(spec.requirement.authority);
    if (authority != planning.view().authorities.end()) {
        const auto& issued = authority->second->issued;
        if (std::any_of(issued.begin(), issued.end(), [&](const IssuedRecord& record) {
                return record.issuance == issuance;
            })) {
            return true;
        }
    }
    for (const auto& [name, server] : planning.view().servers) {
        if (!server.reachable) {
            continue;
        }
        const auto& store = server.store;
        const bool asked =
            std::any_of(store.requests.begin(), store.requests.end(), [&](const RequestEntry& entry) {
                // One that was made and never sent may be made again, unless its key is of another kind than
                // is needed now.
                const bool unfit = entry.key == KeyState::present && entry.exportable != spec.exportable;
                return entry.issuance == issuance && (entry.phase != RequestPhase::created || unfit);
            });
        const bool held = std::any_of(store.personal.begin(),
                                      store.personal.end(),
                                      [&](const PersonalEntry& entry) { return entry.issuance == issuance; });
        if (asked || held) {
            return true;
        }
    }
    return false;
}

// What the new one takes the place of: what serves, else the last one of ours that any server still has. A
// pool whose members have all just joined would name its request like its very first one, which nobody may
// remember any more but the CA (I5).
std::string predecessor(const Planning& planning, const CertificateSpec& spec) {
    if (const auto now_serving = serving(planning, spec); !now_serving.empty()) {
        return now_serving.front().id.str();
    }
    std::pair<Instant, std::string> last{Instant::min(), std::string{}};
    for (const auto& found : candidates(planning)) {
        const auto& entry = *found.entry;
        if (entry.owned && entry.pool == planning.pool.name && entry.name == spec.name && entry.certificate) {
            last = std::max(last, std::pair{entry.certificate->not_after, entry.id.str()});
        }
    }
    return last.second;
}

std::string issuance_id(const Planning& planning,
                        const CertificateSpec& spec,
                        const std::optional<OpenRequest>& given_up) {
    Digest first("edgecert.issuance/1");
    first.field(planning.pool.name)
        .field(spec.name)
        .field(planning.requirement(spec))
        .field(predecessor(planning, spec));
    auto id = given_up ? resubmission_id(given_up->entry) : first.hex();
    while (is_taken(planning, spec, id) && !EDGECERT_MUTANT(issuance_used_again)) {
        id = Digest("edgecert.issuance-again/1").field(id).hex();
    }
    return id;
}

// Does a role of it still point somewhere, at what is not there?
bool was_assigned(const Planning& planning, const CertificateSpec& spec) {
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning.view(), server->name);
        for (const auto& role : spec.roles) {
            const auto* record = view == nullptr ? nullptr : role_record(*view, role);
            if (record != nullptr && record->dangling && !record->assigned.empty()) {
                return true;
            }
        }
    }
    return false;
}

// Why what the pool has does not do: all reasons of the certificate that serves, or of the nearest one.
std::vector<Reason> why_new(const Planning& planning, const CertificateSpec& spec) {
    const auto now_serving = serving(planning, spec);
    if (now_serving.empty() && was_assigned(planning, spec)) {
        return {{"certificate-gone",
                 "what its roles point at is not there any more, on no server",
                 Cause::drift,
                 spec.where}};
    }
    if (now_serving.empty()) {
        return {{"no-certificate", "no server has a certificate for it", Cause::fresh, spec.where}};
    }
    const auto held = candidate(planning, now_serving.front().id);
    auto reasons = why_replaced(planning, spec, held.value_or(Candidate{}));
    if (reasons.empty()) {
        reasons.push_back(
            {"not-usable", "the certificate that serves is rejected", Cause::drift, spec.where});
    }
    return reasons;
}

// The pool's own holder, or the first member where that one is absent.
std::string request_server(const Pool& pool) {
    const auto* declared = find_server(pool, pool.request_on);
    if (declared != nullptr && !declared->absent) {
        return declared->name;
    }
    const auto all = members(pool);
    return all.empty() ? std::string{} : all.front()->name;
}

void wait_for_server(Planning& planning,
                     const CertificateSpec& spec,
                     const std::string& server,
                     const std::string& why) {
    Wait wait{WaitKind::server, "holder-unreachable", "server " + server, {}, why};
    planning.add(make_wait(planning, spec.name, std::move(wait)));
    planning.blocked.insert(spec.name);
}

// What the pool has may do; only its CA can say whether it belongs to its chain.
void wait_for_authority(Planning& planning, const CertificateSpec& spec) {
    const auto& name = spec.requirement.authority;
    planning.add(make_wait(planning,
                           spec.name,
                           {WaitKind::authority_unreachable,
                            "authority-unreachable",
                            name,
                            {},
                            planning.view().authorities.at(name)->error}));
    planning.blocked.insert(spec.name);
}

// A new key in a pool part of which nobody can see might be a second one: on a server that is to be taken out
// too, which may have the only trace of a request that is open. One in maintenance keeps nothing waiting.
const ServerSpec* unseen(const Planning& planning) {
    for (const auto& server : planning.pool.servers) {
        const bool counts = in_barrier(server) || server.absent;
        if (counts && reachable(planning.view(), server.name) == nullptr) {
            return &server;
        }
    }
    return nullptr;
}

void wait_for_unseen(Planning& planning, const CertificateSpec& spec, const ServerSpec& missing) {
    wait_for_server(
        planning,
        spec,
        missing.name,
        "it may hold the pool's certificate " + spec.name +
            (missing.absent ? ", or an open request for it; make it reachable, or take it out of the "
                              "pool's servers if it is gone for good"
                            : "; make it reachable, or set maintenance: true"));
}

void add_request(Planning& planning,
                 const CertificateSpec& spec,
                 const std::string& server,
                 const std::optional<OpenRequest>& given_up) {
    auto step = make_step(planning, Action::create_request, server, spec.name);
    step.object = issuance_id(planning, spec, given_up);
    step.summary = "make a key and a request for " + spec.name + ", " + spec.requirement.subject.common_name +
                   " (" + x509::to_text(spec.requirement.key) + ")";
    step.reasons = why_new(planning, spec);
    if (given_up) {
        step.reasons.insert(
            step.reasons.begin(),
            {"resubmit",
             "the operator asked to give up the request made at " + to_rfc3339(given_up->entry.created),
             Cause::manifest,
             {}});
        step.irreversible = true;
    }
    step.fields.push_back({"requirement", {}, planning.requirement(spec)});
    step.fields.push_back({"authority", {}, spec.requirement.authority});
    planning.add(step);
    // As it will be.
    RequestEntry entry;
    entry.pool = planning.pool.name;
    entry.name = spec.name;
    entry.issuance = step.object;
    entry.requirement = planning.requirement(spec);
    entry.holder = server;
    entry.key = KeyState::present;
    entry.exportable = spec.exportable;
    entry.friendly_name = spec.friendly_name;
    entry.authority = spec.requirement.authority;
    entry.created = Instant::max();
    auto& requests = reachable(planning.project(), server)->store.requests;
    for (auto& [name, view] : planning.project().servers) {
        std::erase_if(view.store.requests, [&](const RequestEntry& other) {
            return other.pool == entry.pool && other.name == entry.name;
        });
    }
    requests.push_back(std::move(entry));
}

void diff_certificate(Planning& planning, const CertificateSpec& spec) {
    if (const auto rejected = rejections(planning, spec); !rejected.empty()) {
        planning.blocked.insert(spec.name);  // the assignment says so; a rejection never causes a request
        return;
    }
    auto open = open_request(planning, spec);
    std::optional<OpenRequest> given_up;
    const bool resubmit = addressed(planning.inputs.resubmit, planning.pool, spec);
    if (open && resubmit && !was_resubmitted(planning, open->entry)) {
        given_up = std::exchange(open, std::nullopt);
    }
    if (open) {
        return;  // enrolment goes on with it
    }
    if (resubmit && !given_up) {
        given_up = given_up_since(planning, spec);  // a crash came between giving up and asking again
    }
    const auto server = request_server(planning.pool);
    if (server.empty()) {
        return;
    }
    if (reachable(planning.view(), server) == nullptr) {
        wait_for_server(
            planning,
            spec,
            server,
            "a request for " + spec.name +
                " is to be made there; make the server reachable, or name another with requestOn");
        return;
    }
    if (undecided(planning, spec)) {
        wait_for_authority(planning, spec);
        return;
    }
    if (auto wait = expired_authority(planning, spec)) {
        planning.add(make_wait(planning, spec.name, *std::move(wait)));
        planning.blocked.insert(spec.name);
        return;
    }
    const auto* missing = unseen(planning);
    if (missing != nullptr && serving(planning, spec).empty() && !given_up) {
        wait_for_unseen(planning, spec, *missing);
        return;
    }
    add_request(planning, spec, server, given_up);
}

}  // namespace

void diff_request(Planning& planning) {
    for (const auto& spec : planning.pool.certificates) {
        if (!planning.blocked.contains(spec.name) && !wanted(planning, spec)) {
            diff_certificate(planning, spec);
        }
    }
}

}  // namespace edgecert
