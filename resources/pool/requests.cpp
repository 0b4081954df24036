// How a request's entry is kept and noted on every server of its pool.
#include "resources/pool/requests.h"

#include <algorithm>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
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
        if (server.name != holder && !server.absent && reachable(world.view, server.name) != nullptr) {
            world.store(server.name).keep_request(entry);
        }
    }
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
        const auto* view = reachable(world.view, server.name);
        if (server.name == holder || server.absent || view == nullptr ||
            EDGECERT_MUTANT(noted_by_holder_only)) {
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
