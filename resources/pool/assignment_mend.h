// What servers present of a certificate that a role points at already, where it is not as it should be, and
// that whoever uses it has to be told once that is mended.
#pragma once

#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

struct PoolWorld;

// Why a role is to be assigned once more the certificate that it points at: its files are damaged, a longer
// lasting chain is declared than the one that is presented, its key is for another group. Empty: no reason.
[[nodiscard]] std::vector<Reason> why_mended(const Planning& planning,
                                             const CertificateSpec& spec,
                                             const ServerView& server,
                                             const CertificateId& id);

// The server as it will be when a role was assigned the certificate.
void mend(ServerView& server, const CertificateId& id);

// What the roles that point at it present is about to be written anew: what uses them was told of something
// else, and may have given up on it.
void untell(StoreObservation& store, const CertificateId& id);
void untell(PoolWorld& world, const std::string& server, const CertificateId& id);

}  // namespace edgecert
