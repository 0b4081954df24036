// What planning an assignment and carrying it out share: the barrier, and which checks a verification stands
// for.
#pragma once

#include <optional>
#include <string>

#include "resources/pool/planning.h"

namespace edgecert {

// Roles pointed at the pool's certificate, activated and verified, server after server; the way back where it
// was rejected; roles of ours that nobody declares any more.
void diff_assignment(Planning& planning);

// Of a certificate that was rejected: its roles go back to what they pointed at before.
void diff_way_back(Planning& planning, const CertificateSpec& spec);

// Is the certificate on this server so that a role of it may go back to it: valid, with its key, and where it
// is ours with its chain?
[[nodiscard]] bool can_go_back(const Planning& planning, const ServerView& server, const CertificateId& id);

// Roles that we pointed somewhere and nobody declares any more; on an absent server all of ours.
void diff_undeclared(Planning& planning);

// A server not in maintenance that does not hold the certificate with its key, or that nobody can ask; none
// when a switch may go on (I3).
[[nodiscard]] std::optional<std::string> barrier_gap(const Planning& planning, const CertificateId& id);

// Does the pool serve it, and another server this role with it? Then a server that lacks it joins; else the
// role is switched, on all of them.
[[nodiscard]] bool joins(const Planning& planning,
                         const CertificateSpec& spec,
                         const std::string& role,
                         const CertificateId& id);

// Does the role serve nothing on this server, or the certificate already? Then it can be assigned while
// another server is away that may just have been switched itself, its service not told (maxUnavailable).
[[nodiscard]] bool takes_nothing_out(const Planning& planning,
                                     const ServerView& server,
                                     const std::string& role,
                                     const CertificateId& id);

// Of the checks declared for a server: a verification counts as long as they stay the same.
[[nodiscard]] std::string checks_digest(const CertificateSpec& spec, const std::string& server);

}  // namespace edgecert
