// What fails on one server while the pool serves well: whose failure that is, and how it is remembered.
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// Where a role was pointed elsewhere in the course of the present run: server, role, certificate.
using Switches = std::set<std::tuple<std::string, std::string, CertificateId>>;

// Noted as the checks that were made where none are declared: by this a role is known that was switched to
// its end, its service told and seen to answer as far as anybody asked.
[[nodiscard]] std::string no_checks();

// Is a failure of this certificate on this server that server's alone? It is where the pool serves the
// certificate already: some server's role was brought to its end with it, not in this run, and no server
// that counts serves anything else in that role; and where the server itself is not in the middle of a switch
// from something that it could go back to. Then nothing that serves goes back; else the failure is the
// switch's, and every server goes back.
[[nodiscard]] bool is_failure_of_server(const Planning& present,
                                        const CertificateSpec& spec,
                                        const Step& step,
                                        const CertificateId& id,
                                        const Switches& of_this_run);

// What such a failure is noted under, in the server's own role record, in place of the requirement: no other
// server minds it, and it is over when the requirement or the server's checks change.
[[nodiscard]] std::string failure_digest(const CertificateSpec& spec, const std::string& server);

// Those of a server that count now: none is older than a retry that was asked for.
[[nodiscard]] std::vector<Rejection> failures_of(const Planning& planning,
                                                 const CertificateSpec& spec,
                                                 const std::string& server);
[[nodiscard]] bool has_failed(const Planning& planning,
                              const CertificateSpec& spec,
                              const std::string& server,
                              const CertificateId& id);

// Was the role switched to its end with this certificate?
[[nodiscard]] bool was_seen_through(const RoleRecord& record, const CertificateId& id);

}  // namespace edgecert
