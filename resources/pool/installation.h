// What planning an installation and carrying it out share: what a copy is called, and what keeps a kept
// answer back.
#pragma once

#include <vector>

#include "resources/pool/open_request.h"

namespace edgecert {

// Steps that bring every certificate and its key to the servers that lack them, and call it what is declared.
void diff_installation(Planning& planning);

// A copy is called what the original is called, unless that was put there by hand and is nobody's.
[[nodiscard]] PersonalLabel label_of_copy(const Pool& pool,
                                          const CertificateSpec& spec,
                                          const PersonalEntry& entry);

// Whoever can write to a store is not the CA: what was judged when it was taken is judged again. One that
// expired since is replaced by itself once it is installed.
[[nodiscard]] std::vector<Reason> faults_of_kept(const OpenRequest& open,
                                                 const CertificateSpec& spec,
                                                 const Planning& planning);

}  // namespace edgecert
