// Why a certificate that serves needs another in its place.
#pragma once

#include <vector>

#include "resources/pool/look.h"

namespace edgecert {

// All reasons; empty: none. It is nowhere with its key: key-missing alone.
[[nodiscard]] std::vector<Reason> why_replaced(const Planning& planning,
                                               const CertificateSpec& spec,
                                               const Candidate& held);

// Why `next` takes the place of what serves: role-superseded, and where nothing is asked for in this plan
// (then the request says it) what the one before lacks. The cause of the first is that of the request for
// `next`, whichever plan made it: of several what somebody did comes first, for time alone would have been
// later.
[[nodiscard]] std::vector<Reason> why_superseded(const Planning& planning,
                                                 const CertificateSpec& spec,
                                                 const PersonalEntry& old,
                                                 const Candidate& next);

}  // namespace edgecert
