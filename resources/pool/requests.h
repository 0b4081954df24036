// What request and enrolment share: a request's entry on every server of the pool, and the identity of a
// resubmission.
#pragma once

#include <string>
#include <string_view>

#include "resources/pool/open_request.h"
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

// The reason code of a create-request step that makes no request, but keeps the entry of the open one.
inline constexpr std::string_view entry_missing = "entry-missing";
// While a request is open every reachable server of the pool has its entry, also one that was rebuilt or away
// when it was sent: should the key be lost, somebody knows what the CA has.
void diff_entries(Planning& planning, const CertificateSpec& spec, const OpenRequest& open);
[[nodiscard]] Outcome keep_entry(const CertificateSpec& spec, const Step& step, PoolWorld& world);

// The same note on every reachable server that has the entry, the holder first.
void note_everywhere(const RequestEntry& entry,
                     const std::string& holder,
                     RequestNote note,
                     PoolWorld& world);

}  // namespace edgecert
