// World: the one door through which clock, entropy, stores, authorities and handshakes come in; built in
// main(), simulated in tests.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/text/secret.h"
#include "engine/time/instant.h"
#include "resources/authorities/authority.h"
#include "resources/stores/store.h"

namespace edgecert {

class World {
public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    virtual ~World() = default;

    [[nodiscard]] virtual Clock& clock() = 0;
    [[nodiscard]] virtual std::string random_bytes(std::size_t count) = 0;
    [[nodiscard]] virtual x509::CertificateCache& certificates() = 0;
    // May stores be spoken to by several threads at once (one thread a store)? A simulation says no, so that
    // its faults keep their order.
    [[nodiscard]] virtual bool concurrent() const { return true; }
    // Opening never touches the far side; the first operation does. `server` is for messages.
    [[nodiscard]] virtual std::unique_ptr<CertificateStore> open_store(const StoreSpec& spec,
                                                                       const std::string& server) = 0;
    [[nodiscard]] virtual std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec) = 0;
    [[nodiscard]] virtual HandshakeResult handshake(const HandshakeOrder& order) = 0;  // from here
};

}  // namespace edgecert
