// Addresses: what people name things by on the command line, checked against what is declared.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/options.h"
#include "engine/plan/plan.h"
#include "resources/pool/desired.h"

namespace edgecert {

// One of: an authority; a site; a pool; a server of a pool; a role or certificate of a pool; one of these on
// one server.
struct Address {
    std::string authority{};
    std::string site{};
    std::string pool{};
    std::string server{};
    std::string name{};  // a role or certificate
};

// Throws Error "unknown-address" with what is near, or what there is.
[[nodiscard]] Address parse_address(const std::string& text, const Fleet& fleet);
[[nodiscard]] std::vector<std::string> all_addresses(const Fleet& fleet);  // sorted

// The pools that an address touches: none for an authority, all of a site's.
[[nodiscard]] std::vector<const Pool*> pools_of(const Address& address, const Fleet& fleet);
[[nodiscard]] const Pool& pool_of(
    const Address& address, const Fleet& fleet);  // Error "usage" unless it names a pool or something in it
[[nodiscard]] const ServerSpec& server_of(const Address& address,
                                          const Pool& pool);  // Error "usage" unless it names a server
[[nodiscard]] const CertificateSpec& certificate_of(
    const Address& address, const Pool& pool);  // by certificate or role; Error "usage"
[[nodiscard]] const AuthoritySpec& authority_named(const std::string& name,
                                                   const Fleet& fleet);  // with or without "authority/"

// Options to inputs: addresses checked, sites replaced by their pools, everything sorted. Throws Error
// "usage", "unknown-address".
[[nodiscard]] PlanInputs inputs_of(const Options& options, const Fleet& fleet, Instant at);

}  // namespace edgecert
