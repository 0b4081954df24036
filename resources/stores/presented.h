// What servers present with a certificate of a store, by what that store trusts: one answer for whoever plans
// it and for every store that writes it.
#pragma once

#include <vector>

#include "resources/stores/observation.h"

namespace edgecert {

// The roots in Root and the intermediates in the intermediate store; what is misplaced counts for nothing.
[[nodiscard]] std::vector<x509::CertificateRef> trusted_in_place(const std::vector<TrustEntry>& trust);

// The chain to be kept beside the entry: the one that is, while it leads to a trusted root and lasts as long
// as any that the store's trust makes. Applied once more it changes nothing.
[[nodiscard]] std::vector<x509::CertificateRef> chain_to_present(const PersonalEntry& entry,
                                                                 const std::vector<TrustEntry>& trust);

}  // namespace edgecert
