// How a request's entry is kept and noted on every server of its pool.
#include "resources/pool/requests.h"

#include <algorithm>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
#include "resources/pool/closed.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"

namespace edgecert {

std::string resubmission_id(const RequestEntry& given_up) {
    return Digest("edgecert.resubmission/1").field(given_up.issuance).field(given_up.spki).hex();
}

// Whatever was made since the plan was asked for is nothing that the operator could have meant, by whomever
// it was made; nor is there always an older one whose place it took.
bool was_resubmitted(const Planning& planning, const RequestEntry& open) {
    return open.created >= planning.now() && !EDGECERT_MUTANT(resubmission_not_recognised);
}

void keep_everywhere(const RequestEntry& entry, const std::string& holder, PoolWorld& world) {
    for (const auto& server : world.pool.servers) {
        if (server.name != holder && !server.absent && writable(world.view, server.name) != nullptr) {
            world.store(server.name).keep_request(entry);
        }
    }
}

namespace {

bool has_entry(const ServerView& view, const RequestEntry& entry) {
    const auto& known = view.store.requests;
    return std::any_of(known.begin(), known.end(), [&](const RequestEntry& other) {
        return other.pool == entry.pool && other.name == entry.name && other.spki == entry.spki;
    });
}

// As it counts: a copy that says "given up" and has no key would never count again.
RequestEntry without_key(const OpenRequest& open) {
    auto entry = open.entry;
    entry.phase = open.phase;
    entry.holder = open.holder;
    entry.key = KeyState::absent;
    return entry;
}

}  // namespace

void diff_entries(Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        const bool lacks =
            view != nullptr && !server.absent && server.name != open.holder && !has_entry(*view, open.entry);
        if (!lacks) {
            continue;
        }
        auto step = make_step(planning, Action::create_request, server.name, spec.name);
        step.object = open.entry.issuance;
        step.summary = "keep the open request for " + spec.name + ", without its key";
        step.reasons.push_back({std::string{entry_missing},
                                "it does not know of the request whose key is on " + open.holder,
                                Cause::drift,
                                spec.where});
        planning.add(std::move(step));
        reachable(planning.project(), server.name)->store.requests.push_back(without_key(open));
    }
}

Outcome keep_entry(const CertificateSpec& spec, const Step& step, PoolWorld& world) {
    const auto still_open = [&] {
        auto open = open_request(at_present(world), spec);
        const bool same = open && open->entry.issuance == step.object && open->has_key;
        return same ? open : std::nullopt;
    };
    const auto before = still_open();
    if (!before) {
        return Done{};
    }
    // Another controller may have finished it or given it up: that is decided under the holder's lock.
    const auto lock = world.store(before->holder).lock(lock_patience);
    world.look(before->holder);
    if (const auto open = still_open()) {
        world.store(step.server).keep_request(without_key(*open));
        world.look(step.server);
    }
    return Done{};
}

void note_everywhere(const RequestEntry& entry,
                     const std::string& holder,
                     RequestNote note,
                     PoolWorld& world) {
    const RequestKey key{entry.pool, entry.name, entry.spki};
    // Never before what it replaces, whatever this controller's clock says: of two copies the later one
    // counts.
    note.at = std::max(note.at, entry.since);
    world.store(holder).note_request(key, note);
    for (const auto& server : world.pool.servers) {
        const auto* view = writable(world.view, server.name);
        if (server.name == holder || server.absent || view == nullptr ||
            EDGECERT_MUTANT(noted_by_holder_only)) {
            continue;
        }
        if (!has_entry(*view, entry)) {
            world.store(server.name)
                .keep_request(entry);  // it joined, or was away, since the request was made
        }
        world.store(server.name).note_request(key, note);
    }
}

}  // namespace edgecert
