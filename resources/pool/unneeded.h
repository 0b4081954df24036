// Which certificates on a pool's servers nothing needs any more, since when, and who is in charge of them.
#pragma once

#include <optional>
#include <string>

#include "engine/plan/step.h"
#include "resources/pool/planning.h"

namespace edgecert {

// Is what this pool's name stands on, there, ours to take away? The pool's own is, and on a server that moved
// here what the pool before put there: it is declared and has that server no more, for no two pools may
// have one. What is of a pool that nobody declares may be somebody else's, and stays. A machine outside is
// shared by pools, each of which has its own there.
[[nodiscard]] bool is_in_charge(const Planning& planning, const ServerSpec& server, const std::string& pool);

// Does a role of this store point at it?
[[nodiscard]] bool is_in_use(const StoreObservation& store, const CertificateId& id);

struct Unneeded {
    Instant goes{};  // from then on; perhaps still to come
    Reason reason{};
    std::optional<Instant>
        kept_since{};  // it would have gone then, and stays: nobody else remembers its request
};
// `entry` is in the reachable server's store as it will be. nullopt: it is not ours, or something refers to
// it, may do so, or did until this plan. Marked by its own store it goes by that. Without a mark no role here
// ever left it: it goes with the copies that are marked, else when it has expired or, where it is not what is
// declared any more, by when it and what is were asked for. A spare that could come to serve as it is stays
// until it is due itself.
[[nodiscard]] std::optional<Unneeded> unneeded(const Planning& planning,
                                               const ServerSpec& server,
                                               const PersonalEntry& entry);

}  // namespace edgecert
