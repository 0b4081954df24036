// A TLS handshake made from this server only to see which certificate somebody serves.
#pragma once

#include "resources/x509/handshake.h"

namespace edgecert::windows {

// As tls_handshake, by SChannel.
[[nodiscard]] HandshakeResult tls_handshake_by_schannel(const HandshakeOrder& order, Seconds timeout);

}  // namespace edgecert::windows
