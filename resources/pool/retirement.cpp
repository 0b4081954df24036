// Retirement: what this tool installed and nobody refers to any more goes, late and last; foreign things
// stay.
#include "resources/pool/retirement.h"

#include <algorithm>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"
#include "resources/pool/unneeded.h"

namespace edgecert {

namespace {

bool is_served_without_key(const Planning& planning, const CertificateId& id) {
    const auto& servers = planning.view().servers;
    return std::any_of(servers.begin(), servers.end(), [&](const auto& server) {
        return server.second.reachable && is_in_use(server.second.store, id) && !holds(server.second, id);
    });
}

bool is_waiting(const Planning& planning, const std::string& server) {
    return std::any_of(planning.steps.begin(), planning.steps.end(), [&](const Step& step) {
        return step.server == server && step.action == Action::wait;
    });
}

// As it will be.
void forget(Planning& planning, const ServerSpec& server, const std::vector<CertificateId>& gone) {
    if (gone.empty()) {
        return;
    }
    std::erase_if(reachable(planning.project(), server.name)->store.personal,
                  [&](const PersonalEntry& entry) {
                      return std::find(gone.begin(), gone.end(), entry.id) != gone.end();
                  });
}

}  // namespace

bool is_settled(const Planning& planning, const CertificateSpec& spec) {
    const auto target = wanted(planning, spec);
    if (!target) {
        return false;
    }
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        if (!is_member(server) || (view == nullptr && server.maintenance)) {
            continue;
        }
        if (view == nullptr) {
            return false;
        }
        for (const auto& role : spec.roles) {
            const auto* record = role_record(*view, role);
            if (record == nullptr || record->assigned != target->id ||
                (view->store.activates && record->activated != target->id)) {
                return false;
            }
        }
    }
    return true;
}

namespace {

enum class Marked { no, yes };  // as superseded, by its own store

class Retirement final : public Provider {
public:
    void diff(Planning& planning) const override {
        if (planning.inputs.until_installed) {
            return;
        }
        // Copies without a mark go by the marks of the others, and so before them.
        for (const auto& server : planning.pool.servers) {
            if (!server.absent && reachable(planning, server) != nullptr) {
                diff_superseded(planning, server, Marked::no);
            }
        }
        for (const auto& server : planning.pool.servers) {
            if (reachable(planning, server) == nullptr) {
                continue;
            }
            if (server.absent) {
                diff_absent(planning, server);
            } else {
                diff_superseded(planning, server, Marked::yes);
            }
            if (!server.outside) {
                diff_trust_retirement(planning, server);
            }
        }
    }

    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::retire_certificate;
    }

    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override {
        const auto* view = reachable(world.view, step.server);
        if (view == nullptr) {
            return unreachable(step.server);
        }
        const auto* entry = named(*view, step.object);
        if (entry != nullptr && (entry->owned || EDGECERT_MUTANT(owner_ignored))) {
            world.store(step.server).retire(entry->id);
        }
        world.look(step.server);
        return Done{};
    }

private:
    static void add_retirement(Planning& planning,
                               const ServerSpec& server,
                               const PersonalEntry& entry,
                               Reason reason);
    static void diff_superseded(Planning& planning, const ServerSpec& server, Marked which);
    static void diff_absent(Planning& planning, const ServerSpec& server);
};

void Retirement::add_retirement(Planning& planning,
                                const ServerSpec& server,
                                const PersonalEntry& entry,
                                Reason reason) {
    auto step = make_step(planning, Action::retire_certificate, server.name, entry.name);
    step.object = entry.issuance.empty() ? entry.id : entry.issuance;
    step.summary = "remove " + entry.name + " " +
                   (entry.certificate ? entry.certificate->sha1.substr(0, 12) : step.object.substr(0, 12)) +
                   " and its key";
    step.irreversible = true;
    step.fields.push_back(
        {"certificate", is_unborn(entry.id) ? std::string{known_later} : entry.id.str(), {}});
    step.reasons.push_back(std::move(reason));
    step.after = role_steps(planning);
    for (const auto& other : planning.steps) {
        if (other.action == Action::transfer_certificate && other.object == step.object) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
}

void Retirement::diff_superseded(Planning& planning, const ServerSpec& server, Marked which) {
    const auto& store = reachable(planning, server)->store;
    std::vector<CertificateId> gone;
    for (const auto& entry : store.personal) {
        if (entry.superseded.has_value() != (which == Marked::yes)) {
            continue;
        }
        if (auto found = unneeded(planning, server, entry); found && found->goes <= planning.now()) {
            add_retirement(planning, server, entry, std::move(found->reason));
            gone.push_back(entry.id);
        }
    }
    forget(planning, server, gone);
}

// Of a certificate that nothing has taken the place of yet, and that is due but could still serve: its new
// one may be long in coming.
bool is_all_there_is(const Planning& planning, const CertificateSpec& spec, const PersonalEntry& entry) {
    return entry.name == spec.name && entry.requirement == planning.requirement(spec) && !entry.superseded &&
           entry.key == KeyState::present && entry.certificate &&
           entry.certificate->not_after > planning.valid_at();
}

// Does the pool need the key that is on the absent server, because not every other server has it yet?
bool is_last_copy(const Planning& planning, const ServerSpec& server, const PersonalEntry& entry) {
    // Whoever serves it and holds it needs nothing from here.
    bool needed = is_served_without_key(planning, entry.id);
    for (const auto& spec : planning.pool.certificates) {
        const auto target = current(planning, spec);
        needed = needed || (target ? target->id == entry.id : is_all_there_is(planning, spec, entry));
    }
    if (!needed) {
        return false;
    }
    bool elsewhere = false;
    for (const auto& other : planning.pool.servers) {
        const auto* view = reachable(planning, other);
        if (other.name == server.name || !is_member(other)) {
            continue;
        }
        // A member in maintenance need not have it, but where it has, the key is not lost.
        const bool has = view != nullptr && holds(*view, entry.id);
        if (!has && !other.maintenance) {
            return true;
        }
        elsewhere = elsewhere || has;
    }
    return !elsewhere;
}

// With no member left there is nowhere to bring it: whether the pool is given up is for a person to say, for
// the last copy of a key is never taken.
Wait wait_for_last_copy(const Planning& planning, const ServerSpec& server, const PersonalEntry& entry) {
    if (members(planning.pool).empty()) {
        return {WaitKind::person,
                "dissolved",
                "whoever keeps the manifests",
                {},
                "every server of the pool is absent, and the key of " + entry.name + " on " + server.name +
                    " is kept, for no other server is left to hold it; declare a server that stays, or take "
                    "the pool out of the manifests: what is left on its servers is then removed by hand"};
    }
    const auto* spec = find_certificate(planning.pool, entry.name);
    const bool goes_on = spec == nullptr || current(planning, *spec);
    return {
        WaitKind::person,
        "last-copy",
        "an operator",
        {},
        "server " + server.name + " holds the last copy of a key that the pool needs (" + entry.name + "); " +
            (goes_on ? "bring it to the other servers first" : "it goes when a new certificate is there")};
}

void Retirement::diff_absent(Planning& planning, const ServerSpec& server) {
    const auto& store = reachable(planning, server)->store;
    std::vector<CertificateId> gone;
    for (const auto& entry : store.personal) {
        // What another pool left here unmarked it may still wait for.
        const bool ours = entry.owned && (entry.pool == planning.pool.name ||
                                          (entry.superseded && is_in_charge(planning, server, entry.pool)));
        if (!ours || is_in_use(store, entry.id) || is_waiting(planning, server.name)) {
            continue;
        }
        if (is_last_copy(planning, server, entry)) {
            auto wait = make_wait(planning, {}, wait_for_last_copy(planning, server, entry));
            wait.server = server.name;
            planning.add(std::move(wait));
            break;  // what goes before it goes all the same, and so does what only that needed
        }
        add_retirement(planning,
                       server,
                       entry,
                       {"server-absent", "the server is declared absent", Cause::manifest, server.where});
        gone.push_back(entry.id);
    }
    forget(planning, server, gone);
}

}  // namespace

std::unique_ptr<Provider> make_retirement() {
    return std::make_unique<Retirement>();
}

}  // namespace edgecert
