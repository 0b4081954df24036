// What request and enrolment share: a request's entry on every server of the pool, and the identity of a
// resubmission.
#pragma once

#include <string>

#include "resources/pool/provider.h"

namespace edgecert {

// A competing controller holds the lock while a CA answers, which may take its minute and more.
inline constexpr Seconds lock_patience{150};

// The issuance id of the request that takes the place of `given_up`: its old id and its key.
[[nodiscard]] std::string resubmission_id(const RequestEntry& given_up);

// Is this open request itself the result of the resubmission that the plan's inputs ask for?
[[nodiscard]] bool was_resubmitted(const Planning& planning, const RequestEntry& open);

// The entry without its key on every other reachable server. A server that was reachable and cannot be
// written throws: the submission must not go out.
void keep_everywhere(const RequestEntry& entry, const std::string& holder, PoolWorld& world);

// The same note on every reachable server that has the entry, the holder first.
void note_everywhere(const RequestEntry& entry,
                     const std::string& holder,
                     RequestNote note,
                     PoolWorld& world);

}  // namespace edgecert
