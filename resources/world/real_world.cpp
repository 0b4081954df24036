// RealWorld: clock, entropy, stores and authorities of this machine.
#include "resources/world/real_world.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sys/random.h>
#include <thread>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/open.h"
#include "resources/world/open_authority.h"
#include "resources/x509/handshake.h"

namespace edgecert {
namespace {

// How soon a sleep notices that the process was asked to stop.
constexpr std::chrono::milliseconds stop_latency{100};

constexpr Seconds handshake_timeout{15};

}  // namespace

Instant SystemClock::now() const {
    return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

void SystemClock::sleep(Seconds span) {
    const auto end = std::chrono::steady_clock::now() + span;
    while (stop_.load() == 0) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= std::chrono::steady_clock::duration::zero()) {
            return;
        }
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(left, stop_latency));
    }
}

std::string system_entropy(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            throw Error("no-entropy", "the system gives no random bytes");
        }
        filled += static_cast<std::size_t>(got);
    }
    return bytes;
}

RealWorld::RealWorld(const std::atomic<int>& stop,
                     std::vector<std::string> hidden,
                     std::function<std::string(std::string_view)> keep_page)
    : clock_(stop), keys_(make_known_keys()), hidden_(std::move(hidden)), keep_page_(std::move(keep_page)) {}

std::string RealWorld::random_bytes(std::size_t count) {
    return system_entropy(count);
}

std::unique_ptr<CertificateStore> RealWorld::open_store(const StoreSpec& spec, const std::string& server) {
    if (!spec.command.empty()) {
        return open_remote_store(spec.command, server, clock_, hidden_);
    }
    return open_directory_store(spec, clock_, hidden_, keys_, &certificates_);
}

std::shared_ptr<Authority> RealWorld::open_authority(const AuthoritySpec& spec) {
    return edgecert::open_authority(
        spec, clock_, [](std::size_t count) { return system_entropy(count); }, {hidden_, keep_page_});
}

HandshakeResult RealWorld::handshake(const HandshakeOrder& order) {
    return tls_handshake(order, handshake_timeout);
}

}  // namespace edgecert
