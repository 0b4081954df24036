// Name resolution and connecting, neither of which may outlast the deadline.
#include "resources/x509/tcp_connect.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

namespace edgecert {

Socket::~Socket() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

int milliseconds_left(Deadline deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

namespace {

// One resolution of a name. The resolver has no deadline of its own; one that is given up goes on in its
// thread, and its state with it.
struct Resolution {
    std::string host{};
    std::string port{};
    addrinfo wanted{};
    gaicb request{};
};

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(const std::string& host, int port, Deadline deadline) {
    auto resolution = std::make_unique<Resolution>();
    resolution->host = host;
    resolution->port = std::to_string(port);
    resolution->wanted.ai_socktype = SOCK_STREAM;
    resolution->request.ar_name = resolution->host.c_str();
    resolution->request.ar_service = resolution->port.c_str();
    resolution->request.ar_request = &resolution->wanted;
    std::array<gaicb*, 1> list{&resolution->request};
    if (::getaddrinfo_a(GAI_NOWAIT, list.data(), 1, nullptr) != 0) {
        throw NoConnection{"the name cannot be looked up"};
    }
    const std::array<const gaicb*, 1> watched{&resolution->request};
    int result = EAI_INPROGRESS;
    while (result == EAI_INPROGRESS && Steady::now() < deadline) {
        const int left = milliseconds_left(deadline);
        const timespec patience{.tv_sec = left / 1000, .tv_nsec = (left % 1000) * 1'000'000L};
        ::gai_suspend(watched.data(), 1, &patience);
        result = ::gai_error(&resolution->request);
    }
    if (result == EAI_INPROGRESS) {
        if (::gai_cancel(&resolution->request) != EAI_CANCELED) {
            static_cast<void>(resolution.release());
        }
        throw NoConnection{"the name was not resolved in time"};
    }
    if (result != 0) {
        throw NoConnection{std::string("the name cannot be resolved: ") + ::gai_strerror(result)};
    }
    return Addresses(resolution->request.ar_result);
}

// 0 or an errno.
int connect_to(int socket, const addrinfo& address, Deadline deadline) {
    if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        return errno;
    }
    pollfd watched{.fd = socket, .events = POLLOUT, .revents = 0};
    while (true) {
        const int ready = ::poll(&watched, 1, milliseconds_left(deadline));
        if (ready > 0) {
            break;
        }
        if (ready == 0 && Steady::now() >= deadline) {
            return ETIMEDOUT;
        }
    }
    int result = 0;
    socklen_t size = sizeof result;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &result, &size) == 0 ? result : errno;
}

}  // namespace

// Tries one address after the other; one that does not answer leaves half of the time that is left to the
// others.
std::unique_ptr<Socket> tcp_connect(const std::string& host, int port, Deadline deadline) {
    const Addresses addresses = resolve(host, port, deadline);
    int why = EADDRNOTAVAIL;
    for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
        auto socket = std::make_unique<Socket>(::socket(
            address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
        if (socket->get() < 0) {
            why = errno;
            continue;
        }
        const auto left = deadline - Steady::now();
        why = connect_to(
            socket->get(), *address, address->ai_next != nullptr ? Steady::now() + left / 2 : deadline);
        if (why == 0) {
            return socket;
        }
    }
    throw NoConnection{"no connection: " + std::error_code(why, std::generic_category()).message()};
}

}  // namespace edgecert
