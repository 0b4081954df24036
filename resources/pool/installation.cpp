// Installation: the answer bound to its key on the server that asked, then certificate and key on every other
// server of the pool.
#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/provider.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

constexpr std::size_t password_bytes = 24;

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

// A copy is called what the original is called, unless that was put there by hand and is nobody's.
PersonalLabel label_of_copy(const Pool& pool, const CertificateSpec& spec, const PersonalEntry& entry) {
    const bool of_another = entry.owned && entry.name != spec.name;
    PersonalLabel label;
    label.pool = pool.name;
    label.name = of_another ? entry.name : spec.name;
    label.requirement = entry.requirement;
    label.issuance = entry.issuance;
    label.friendly_name = of_another ? entry.friendly_name : spec.friendly_name;
    label.exportable = entry.exportable;
    label.submitted = entry.submitted;
    return label;
}

// Whoever can write to a store is not the CA: what was judged when it was taken is judged again. One that
// expired since is replaced by itself once it is installed.
std::vector<Reason> faults_of_kept(const OpenRequest& open,
                                   const CertificateSpec& spec,
                                   const Planning& planning) {
    auto faults = open.entry.answer
                      ? faults_of({open.entry.answer, open.entry.answer_chain, {}}, open, spec, planning)
                      : std::vector<Reason>{};
    std::erase_if(faults, [](const Reason& fault) { return fault.code == "expired"; });
    return faults;
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

// A role that points at it while it is not there points at something again when it comes.
void points_again(StoreObservation& store, const CertificateId& id) {
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

class Installation final : public Provider {
public:
    void diff(Planning& planning) const override {
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

    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::install_certificate || action == Action::transfer_certificate ||
               action == Action::set_friendly_name;
    }

    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;

private:
    static void diff_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open);
    static void diff_copies(Planning& planning, const CertificateSpec& spec, const Candidate& target);
    static void diff_friendly_name(Planning& planning,
                                   const CertificateSpec& spec,
                                   const CertificateId& id,
                                   const std::string& object);
    static void add_transfer(Planning& planning,
                             const CertificateSpec& spec,
                             const Candidate& target,
                             const std::string& server);
    static Outcome install(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome transfer(const CertificateSpec& spec, const Step& step, PoolWorld& world);
};

void Installation::diff_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
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

void Installation::diff_copies(Planning& planning, const CertificateSpec& spec, const Candidate& target) {
    std::optional<PersonalEntry>
        kept;  // each copy moves the entries of a server in the view, perhaps this one
    std::optional<Candidate> source;
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning.view(), server.name);
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

void Installation::add_transfer(Planning& planning,
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

void Installation::diff_friendly_name(Planning& planning,
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

// The entry that a step's object names, with its server.
struct Held {
    std::string server{};
    PersonalEntry entry{};
};

std::optional<Held> find_held(const PoolWorld& world, const std::string& object, const std::string& server) {
    const auto* view = reachable(world.view, server);
    const auto* entry = view == nullptr ? nullptr : named(*view, object);
    return entry == nullptr ? std::nullopt : std::optional{Held{server, *entry}};
}

Outcome Installation::install(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    const auto present = at_present(world);
    const auto open = open_request(present, spec);
    if (!open || open->entry.issuance != step.object || open->phase != RequestPhase::collected ||
        !open->entry.answer) {
        return Done{};
    }
    const auto& entry = open->entry;
    if (const auto faults = faults_of_kept(*open, spec, present); !faults.empty()) {
        return failed("answer-unusable",
                      "the answer on " + open->holder + " does not do: " + joined(faults),
                      "to ask anew, apply --resubmit " + world.pool.name + "/" + spec.name);
    }
    PersonalLabel label{world.pool.name,
                        spec.name,
                        entry.requirement,
                        entry.issuance,
                        spec.friendly_name,
                        entry.exportable,
                        true,
                        entry.submitted};
    world.store(open->holder)
        .accept({entry.pool, entry.name, entry.spki}, entry.answer, entry.answer_chain, label);
    world.look(open->holder);
    // A member remembers the request until it has the certificate itself: should its holder be lost before
    // that, nobody else would know that this was asked for.
    for (const auto& server : world.pool.servers) {
        const auto* view = reachable(world.view, server.name);
        const bool other = server.name != open->holder && !server.absent && view != nullptr;
        if (other && (!is_member(server) || named(*view, entry.issuance) != nullptr)) {
            world.store(server.name).forget_request({entry.pool, entry.name, entry.spki});
            world.look(server.name);
        }
    }
    return Done{};
}

Outcome Installation::transfer(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    std::optional<Held> source;
    for (const auto& server : world.pool.servers) {
        const auto held = find_held(world, step.object, server.name);
        if (!source && held && held->entry.key == KeyState::present && held->entry.exportable) {
            source = held;
        }
    }
    const auto* target = find_server(world.pool, step.server);
    if (!source || target == nullptr) {
        return failed("no-source", "no server that lets the key go holds the certificate any more");
    }
    const auto& entry = source->entry;
    const auto label = label_of_copy(world.pool, spec, entry);
    auto& holder = world.store(source->server);
    auto& store = world.store(step.server);
    if (!store.copy_key(holder, entry.id, label)) {
        const Secret password{
            to_hex(world.world.random_bytes(EDGECERT_MUTANT(same_password_again) ? 0 : password_bytes))};
        store.import_pfx(holder.export_pfx(entry.id, password, target->pfx), password, label);
    }
    if (const auto* view = reachable(world.view, step.server); view != nullptr && !entry.issuance.empty()) {
        for (const auto& request : view->store.requests) {
            if (request.issuance == entry.issuance && request.key != KeyState::present) {
                store.forget_request({request.pool, request.name, request.spki});
            }
        }
    }
    world.look(step.server);
    return Done{};
}

Outcome Installation::apply(const Step& step, PoolWorld& world) const {
    const auto& spec = spec_of(step, world);
    if (step.action == Action::install_certificate) {
        return install(spec, step, world);
    }
    if (step.action == Action::transfer_certificate) {
        return transfer(spec, step, world);
    }
    const auto held = find_held(world, step.object, step.server);
    if (!held) {
        return failed("no-such-entry", "the certificate is no longer on " + step.server);
    }
    world.store(step.server).set_friendly_name(held->entry.id, spec.friendly_name);
    world.look(step.server);
    return Done{};
}

}  // namespace

std::unique_ptr<Provider> make_installation() {
    return std::make_unique<Installation>();
}

}  // namespace edgecert
