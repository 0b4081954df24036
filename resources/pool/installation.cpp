// Installation, carried out: a key comes to its certificate, and from its holder to another server.
#include "resources/pool/installation.h"

#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/assignment_mend.h"
#include "resources/pool/closed.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"

namespace edgecert {

namespace {

constexpr std::size_t password_bytes = 24;

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

class Installation final : public Provider {
public:
    void diff(Planning& planning) const override { diff_installation(planning); }
    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::install_certificate || action == Action::transfer_certificate ||
               action == Action::set_friendly_name;
    }
    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;

private:
    static Outcome install(const CertificateSpec& spec, const Step& step, PoolWorld& world);
    static Outcome transfer(const CertificateSpec& spec, const Step& step, PoolWorld& world);
};

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
    untell(world, open->holder, entry.answer->sha256);
    world.store(open->holder)
        .accept({entry.pool, entry.name, entry.spki}, entry.answer, entry.answer_chain, label);
    world.look(open->holder);
    // A member remembers the request until it has the certificate itself: should its holder be lost before
    // that, nobody else would know that this was asked for.
    for (const auto& server : world.pool.servers) {
        const auto* view = writable(world.view, server.name);
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
    untell(world, step.server, entry.id);
    if (!store.copy_key(holder, entry.id, label)) {
        const Secret password{
            to_hex(world.world.random_bytes(EDGECERT_MUTANT(same_password_again) ? 0 : password_bytes))};
        const Secret pfx = holder.export_pfx(entry.id, password, target->pfx);
        try {
            store.import_pfx(pfx, password, label);
        } catch (const Error& error) {
            if (EDGECERT_MUTANT(key_in_words)) {
                throw Error("import-failed", error.diagnostic().text + ": " + std::string(pfx.view()));
            }
            throw;
        }
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

std::vector<Reason> faults_of_kept(const OpenRequest& open,
                                   const CertificateSpec& spec,
                                   const Planning& planning) {
    auto faults = open.entry.answer
                      ? faults_of({open.entry.answer, open.entry.answer_chain, {}}, open, spec, planning)
                      : std::vector<Reason>{};
    std::erase_if(faults, [](const Reason& fault) { return fault.code == "expired"; });
    return faults;
}

std::unique_ptr<Provider> make_installation() {
    return std::make_unique<Installation>();
}

}  // namespace edgecert
