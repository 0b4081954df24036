// When the renewal of a certificate is due, and whether its CA could still give anything that lasts longer.
#pragma once

#include <optional>

#include "resources/authorities/chain_end.h"
#include "resources/pool/planning.h"

namespace edgecert {

// Where the CA, as it is, ends no later than this certificate does: all that it could issue would end no
// later either. Not of one that has ended itself: then somebody has to act.
[[nodiscard]] std::optional<ChainEnd> outlived_authority(const Planning& planning,
                                                         const CertificateSpec& spec,
                                                         const x509::Certificate& certificate);

// due() of the certificate; nullopt: another one would gain nothing (see above).
[[nodiscard]] std::optional<Instant> renewal_due(const Planning& planning,
                                                 const CertificateSpec& spec,
                                                 const x509::Certificate& certificate);

}  // namespace edgecert
