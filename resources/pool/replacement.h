// Why a certificate that serves needs another in its place.
#pragma once

#include <vector>

#include "resources/pool/look.h"

namespace edgecert {

// All reasons; empty: none. It is nowhere with its key: key-missing alone.
[[nodiscard]] std::vector<Reason> why_replaced(const Planning& planning,
                                               const CertificateSpec& spec,
                                               const Candidate& held);

// The cause of the request for the one that takes its place, whichever plan made it: what the older one
// lacks. Of several what somebody did comes first, for time alone would have been later.
[[nodiscard]] Cause why_superseded(const Planning& planning,
                                   const CertificateSpec& spec,
                                   const PersonalEntry& old);

}  // namespace edgecert
