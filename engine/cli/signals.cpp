// Signals: a handler that counts, says so, and ends the process at the second one.
#include "engine/cli/signals.h"

#include <string_view>
#include <unistd.h>

namespace edgecert {
namespace {

constexpr int interrupted_status = 130;

// Only async-signal-safe calls: an atomic without locks, write and _exit.
void on_signal(int /*signal*/) {
    StopRequest& stop = stop_request();
    if (stop.fetch_add(1) > 0)
        _exit(interrupted_status);
    constexpr std::string_view words =
        "\nstopping: the running step is finished first; once more stops at once\n";
    if (write(STDERR_FILENO, words.data(), words.size()) < 0)
        return;
}

}  // namespace

StopRequest& stop_request() {
    static_assert(StopRequest::is_always_lock_free);
    static StopRequest stop{0};
    return stop;
}

StopOnSignal::StopOnSignal() {
    static_cast<void>(stop_request());  // made before a handler can run
    struct sigaction action {};
    action.sa_handler = on_signal;  // NOLINT(cppcoreguidelines-pro-type-union-access)
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &interrupt_before_);
    sigaction(SIGTERM, &action, &terminate_before_);
}

StopOnSignal::~StopOnSignal() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
}

}  // namespace edgecert
