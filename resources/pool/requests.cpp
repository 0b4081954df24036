// How a request's entry is kept and noted on every server of its pool.
#include "resources/pool/requests.h"

#include <algorithm>

#include "engine/text/digest.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"

namespace edgecert {

std::string resubmission_id(const RequestEntry& given_up) {
    return Digest("edgecert.resubmission/1").field(given_up.issuance).field(given_up.spki).hex();
}

bool was_resubmitted(const Planning& planning, const RequestEntry& open) {
    if (open.created < planning.now()) {
        return false;
    }
    for (const auto& [name, server] : planning.view.servers) {
        const auto& requests = server.store.requests;
        const bool derived = std::any_of(requests.begin(), requests.end(), [&](const RequestEntry& old) {
            return old.phase == RequestPhase::abandoned && old.message == given_up_because::resubmitted &&
                   resubmission_id(old) == open.issuance;
        });
        if (server.reachable && derived) {
            return true;
        }
    }
    return false;
}

void keep_everywhere(const RequestEntry& entry, const std::string& holder, PoolWorld& world) {
    for (const auto& server : world.pool.servers) {
        if (server.name != holder && !server.absent && reachable(world.view, server.name) != nullptr) {
            world.store(server.name).keep_request(entry);
        }
    }
}

void note_everywhere(const RequestEntry& entry,
                     const std::string& holder,
                     const RequestNote& note,
                     PoolWorld& world) {
    const RequestKey key{entry.pool, entry.name, entry.spki};
    world.store(holder).note_request(key, note);
    for (const auto& server : world.pool.servers) {
        const auto* view = reachable(world.view, server.name);
        if (server.name == holder || server.absent || view == nullptr) {
            continue;
        }
        const auto& known = view->store.requests;
        if (std::none_of(known.begin(), known.end(), [&](const RequestEntry& other) {
                return other.name == entry.name && other.spki == entry.spki;
            })) {
            world.store(server.name)
                .keep_request(entry);  // it joined, or was away, since the request was made
        }
        world.store(server.name).note_request(key, note);
    }
}

}  // namespace edgecert
