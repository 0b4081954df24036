// Installation, planned: the answer bound to its key on the server that asked, then certificate and key on
// every other server of the pool.
#include <algorithm>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/assignment_mend.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/installation.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

// The first holder in declared order that lets the key go. Not part of what is approved: while a plan runs
// there come to be more of them.
std::optional<std::string> source_of(const PoolView& view,
                                     const std::vector<std::string>& holders,
                                     const CertificateId& id) {
    for (const auto& holder : holders) {
        const auto* server = reachable(view, holder);
        const auto* entry = server == nullptr ? nullptr : personal(*server, id);
        if (entry != nullptr && entry->key == KeyState::present && entry->exportable) {
            return holder;
        }
    }
    return std::nullopt;
}

void refuse_answer(Planning& planning,
                   const CertificateSpec& spec,
                   const OpenRequest& open,
                   const std::vector<Reason>& faults) {
    planning.add(make_wait(planning,
                           spec.name,
                           {WaitKind::person,
                            "answer-unusable",
                            "an operator",
                            open.entry.submitted,
                            "the answer on " + open.holder + " does not do: " + joined(faults) +
                                "; to ask anew, apply --resubmit " + planning.pool.name + "/" + spec.name}));
    planning.blocked.insert(spec.name);
}

// A role that points at it while it is not there, or not with its key, points at something again when it
// comes, and whoever uses the role may have given up on it.
void points_again(StoreObservation& store, const CertificateId& id) {
    untell(store, id);
    for (auto& record : store.roles) {
        record.dangling = record.dangling && record.assigned != id;
    }
}

// A rejected role is blocked: what serves is still brought where it is missing, and nothing takes its place.
bool goes_on(const Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    const auto now_serving = serving(planning, spec);
    return rejections(planning, spec).empty() ||
           std::any_of(now_serving.begin(), now_serving.end(), [&](const ServingNow& one) {
               return one.id == target.id;
           });
}

void diff_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    if (!open.holder_reachable || !open.has_key || wanted(planning, spec)) {
        return;
    }
    if (const auto faults = faults_of_kept(open, spec, planning); !faults.empty()) {
        const bool given_up = addressed(planning.inputs.resubmit, planning.pool, spec) &&
                              !was_resubmitted(planning, open.entry);
        if (!given_up) {  // else another one is asked for in its place
            refuse_answer(planning, spec, open, faults);
        }
        return;
    }
    auto step = make_step(planning, Action::install_certificate, open.holder, spec.name);
    step.object = open.entry.issuance;
    step.summary = "install " + spec.name + " with its key";
    step.reasons.push_back({"not-installed",
                            "its answer is on " + open.holder + ", not yet with its key",
                            Cause::fresh,
                            spec.where});
    step.fields.push_back(
        {"certificate", {}, open.entry.answer ? open.entry.answer->sha256 : std::string{known_later}});
    step.after = trust_on(planning, open.holder);
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && other.action == Action::collect_certificate) {
            step.after.push_back(other.id);
        }
    }
    planning.barrier[spec.name].push_back(planning.add(std::move(step)));
    // As it will be.
    PersonalEntry entry;
    entry.id = open.entry.answer ? CertificateId(open.entry.answer->sha256) : unborn(open.entry.issuance);
    entry.certificate = open.entry.answer;
    entry.chain = open.entry.answer_chain;
    entry.key = KeyState::present;
    entry.exportable = open.entry.exportable;
    entry.friendly_name = spec.friendly_name;
    entry.owned = true;
    entry.pool = planning.pool.name;
    entry.name = spec.name;
    entry.requirement = open.entry.requirement;
    entry.issuance = open.entry.issuance;
    entry.submitted = open.entry.submitted;
    auto& store = reachable(planning.project(), open.holder)->store;
    std::erase_if(store.requests,
                  [&](const RequestEntry& request) { return request.issuance == open.entry.issuance; });
    std::erase_if(store.personal, [&](const PersonalEntry& old) { return old.id == entry.id; });
    points_again(store, entry.id);
    store.personal.push_back(std::move(entry));
}

void add_transfer(Planning& planning,
                  const CertificateSpec& spec,
                  const Candidate& target,
                  const std::string& server) {
    const auto source = source_of(planning.view(), target.holders, target.id);
    if (!source) {
        return;
    }
    const auto& view = *reachable(planning.view(), server);
    auto step = make_step(planning, Action::transfer_certificate, server, spec.name);
    step.object = target.object();
    step.summary = spec.name + ", certificate and key, from " + *source;
    const auto* damaged = personal(view, target.id);
    const bool foreign = damaged != nullptr && !damaged->owned;  // what is somebody else's stays theirs
    if (damaged != nullptr && damaged->key == KeyState::exposed) {
        step.reasons.push_back(
            {"key-exposed",
             "others can read its key there, which is refused; the same key comes back closed, "
             "and stays known to whoever read it",
             Cause::drift,
             spec.where});
    } else if (damaged != nullptr) {
        step.reasons.push_back({"key-" + std::string{to_text(damaged->key)},
                                "the certificate is there, its key is " + std::string{to_text(damaged->key)},
                                Cause::drift,
                                spec.where});
    } else {
        // A role of ours still points at it: it was here, and the requirement is the one it was asked under.
        const bool drifted =
            target.entry->requirement == planning.requirement(spec) &&
            std::any_of(view.store.roles.begin(), view.store.roles.end(), [&](const RoleRecord& record) {
                return record.assigned == target.id;
            });
        step.reasons.push_back({"not-on-server",
                                "every server of the pool has the same certificate and key",
                                drifted ? Cause::drift : Cause::fresh,
                                spec.where});
    }
    step.fields.push_back(
        {"certificate",
         {},
         target.entry->certificate ? target.entry->certificate->sha256 : std::string{known_later}});
    step.after = trust_on(planning, server);
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && other.action == Action::install_certificate &&
            other.object == step.object) {
            step.after.push_back(other.id);
        }
    }
    auto copy = *personal(*reachable(planning.view(), *source), target.id);
    planning.barrier[spec.name].push_back(planning.add(std::move(step)));
    const auto label = label_of_copy(planning.pool, spec, copy);
    if (!EDGECERT_MUTANT(copy_not_foreseen)) {
        copy.friendly_name = label.friendly_name;
        copy.pool = label.pool;
        copy.name = label.name;
    }
    copy.owned = !foreign;
    copy.key = KeyState::present;
    copy.superseded.reset();
    auto& store = reachable(planning.project(), server)->store;
    points_again(store, copy.id);
    auto& personal_store = store.personal;
    std::erase_if(personal_store, [&](const PersonalEntry& old) { return old.id == copy.id; });
    personal_store.push_back(std::move(copy));
}

void diff_copies(Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    std::optional<PersonalEntry>
        kept;  // each copy moves the entries of a server in the view, perhaps this one
    std::optional<Candidate> source;
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        if (is_member(server) && view != nullptr && !holds(*view, target.id)) {
            if (!source) {
                kept = *target.entry;
                source = target;
                source->entry = &*kept;
            }
            add_transfer(planning, spec, *source, server.name);
        }
    }
}

void diff_friendly_name(Planning& planning,
                        const CertificateSpec& spec,
                        const CertificateId& id,
                        const std::string& object) {
    for (const auto& [name, server] : planning.view().servers) {
        if (!server.reachable) {
            continue;
        }
        for (const auto& entry : server.store.personal) {
            if (entry.id != id || !entry.owned || entry.pool != planning.pool.name ||
                entry.name != spec.name || entry.friendly_name == spec.friendly_name) {
                continue;
            }
            auto step = make_step(planning, Action::set_friendly_name, name, spec.name);
            step.object = object;
            step.summary = spec.name + ": friendly name \"" + spec.friendly_name + "\"";
            step.fields.push_back({"friendlyName", entry.friendly_name, spec.friendly_name});
            const auto* where = where_said(spec, "friendlyName");
            step.reasons.push_back({"friendly-name-differs",
                                    "it is called \"" + entry.friendly_name + "\"",
                                    Cause::manifest,
                                    where == nullptr ? spec.where : *where});
            planning.add(std::move(step));
            auto& renamed = reachable(planning.project(), name)->store.personal;
            renamed[static_cast<std::size_t>(&entry - server.store.personal.data())].friendly_name =
                spec.friendly_name;
        }
    }
}

}  // namespace

void diff_installation(Planning& planning) {
    for (const auto& spec : planning.pool.certificates) {
        if (const auto open = open_request(planning, spec);
            open && open->phase == RequestPhase::collected && !planning.blocked.contains(spec.name)) {
            diff_answer(planning, spec, *open);
        }
        if (const auto target = current(planning, spec); target && goes_on(planning, spec, *target)) {
            const auto object = target->object();
            diff_copies(planning, spec, *target);
            // What may yet turn out not to reach a server that is away is not the pool's for certain.
            if (target->exportable || all_answer(planning)) {
                diff_friendly_name(planning, spec, target->id, object);
            }
        }
    }
}

}  // namespace edgecert
