// What is done by hand on one server: which entry of its store is meant, and a certificate's whole chain.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/console.h"
#include "engine/text/secret.h"
#include "resources/pool/view.h"
#include "resources/stores/observation.h"

namespace edgecert {

// The certificate of `spec` on this server that somebody means: what a role of it points at, else the one of
// ours with its key that was not superseded and lasts longest. Null: none.
[[nodiscard]] const PersonalEntry* entry_meant(const StoreObservation& store,
                                               const Pool& pool,
                                               const CertificateSpec& spec);

// `known` and what the store trusts, put in order behind the leaf: issuing CA first, root last; what is known
// when there is no path.
[[nodiscard]] std::vector<x509::CertificateRef> whole_chain(const x509::CertificateRef& leaf,
                                                            const std::vector<x509::CertificateRef>& known,
                                                            const StoreObservation& store,
                                                            Instant now);

// From Options::password_file (its first line), else asked; `twice` when it is new. Throws Error.
[[nodiscard]] Secret password_for(const std::string& password_file, bool twice, const Console& console);

}  // namespace edgecert
