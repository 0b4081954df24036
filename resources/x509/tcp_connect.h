// A TCP connection that is there before a deadline, or is not.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace edgecert {

using Steady = std::chrono::steady_clock;
using Deadline = Steady::time_point;

// For poll(2): what is left, at most a minute at a time.
[[nodiscard]] int milliseconds_left(Deadline deadline);

class Socket {
public:
    explicit Socket(int number) : number_(number) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket();
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

// Why nothing came of it, in words for a person.
class NoConnection : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Non-blocking, closed at exec; never null. Throws NoConnection.
[[nodiscard]] std::unique_ptr<Socket> tcp_connect(const std::string& host, int port, Deadline deadline);

}  // namespace edgecert
