// A TLS handshake made only to see which certificate somebody serves.
#pragma once

#include <string>
#include <vector>

#include "engine/time/instant.h"

namespace edgecert {

// The TLS handshake asked of a server itself (verify … from: server). `server_name` is sent as SNI (RFC 6066
// section 3); empty: `host`, unless that is an address.
struct HandshakeOrder {
    std::string host{};
    int port{};
    std::string server_name{};
    bool operator==(const HandshakeOrder&) const = default;
};

// connected: the far side proved that it has the key of the certificate. chain_sha256: all certificates it
// sent, its own first. text: why not, or what there is to say (it wanted a certificate of ours).
struct HandshakeResult {
    bool connected{};
    std::string sha256{};
    std::vector<std::string> chain_sha256{};
    std::string text{};
};

// Connects and shakes hands within `timeout` in all, name resolution included. Trust is not checked: the
// caller compares the certificate with the one it expects. Never throws for what the far side does.
[[nodiscard]] HandshakeResult tls_handshake(const HandshakeOrder& order, Seconds timeout);

}  // namespace edgecert
