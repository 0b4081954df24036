// RealWorld: the system's clock and entropy, stores in folders and behind commands, authorities as they are
// declared.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resources/stores/open.h"
#include "resources/world/world.h"

namespace edgecert {

// The system's clock; sleep() returns early once `stop` is not 0.
class SystemClock final : public Clock {
public:
    explicit SystemClock(const std::atomic<int>& stop) : stop_(stop) {}
    [[nodiscard]] Instant now() const override;
    void sleep(Seconds span) override;
    [[nodiscard]] bool stopping() const override { return stop_.load() != 0; }

private:
    const std::atomic<int>& stop_;
};

// Built once in main() and handed down; `stop` outlives it. Safe from several threads; what it opens belongs
// to one thread at a time.
class RealWorld final : public World {
public:
    // `hidden`: names of environment variables that hold secrets, kept from every child. `keep_page`: where a
    // page of a CA goes that was not understood (AdcsDoors).
    RealWorld(const std::atomic<int>& stop,
              std::vector<std::string> hidden,
              std::function<std::string(std::string_view)> keep_page = {});

    [[nodiscard]] Clock& clock() override { return clock_; }
    [[nodiscard]] std::string random_bytes(std::size_t count) override;
    [[nodiscard]] x509::CertificateCache& certificates() override { return certificates_; }
    [[nodiscard]] std::unique_ptr<CertificateStore> open_store(const StoreSpec& spec,
                                                               const std::string& server) override;
    [[nodiscard]] std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec) override;
    [[nodiscard]] HandshakeResult handshake(const HandshakeOrder& order) override;

private:
    SystemClock clock_;
    x509::CertificateCache certificates_{};
    std::shared_ptr<directory::KnownKeys> keys_;
    std::vector<std::string> hidden_;
    std::function<std::string(std::string_view)> keep_page_;
};

// getrandom(2). Throws Error "no-entropy".
[[nodiscard]] std::string system_entropy(std::size_t count);

}  // namespace edgecert
