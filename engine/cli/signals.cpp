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

// The same; with its default set again the signal ends the process once the handler returns.
void on_early_signal(int signal) {
    constexpr std::string_view words = "\ninterrupted: nothing was done\n";
    if (write(STDERR_FILENO, words.data(), words.size()) < 0) {
        // Nobody is left to tell.
    }
    struct sigaction usual {};
    usual.sa_handler =
        SIG_DFL;  // NOLINT(cppcoreguidelines-pro-type-union-access,cppcoreguidelines-pro-type-cstyle-cast)
    sigaction(signal, &usual, nullptr);
    static_cast<void>(raise(signal));
}

void handle(void (*handler)(int), struct sigaction& interrupt_before, struct sigaction& terminate_before) {
    struct sigaction action {};
    action.sa_handler = handler;  // NOLINT(cppcoreguidelines-pro-type-union-access)
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &interrupt_before);
    sigaction(SIGTERM, &action, &terminate_before);
}

}  // namespace

StopRequest& stop_request() {
    static_assert(StopRequest::is_always_lock_free);
    static StopRequest stop{0};
    return stop;
}

StopOnSignal::StopOnSignal() {
    static_cast<void>(stop_request());  // made before a handler can run
    handle(on_signal, interrupt_before_, terminate_before_);
}

StopOnSignal::~StopOnSignal() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
}

SayNothingWasDone::SayNothingWasDone() {
    handle(on_early_signal, interrupt_before_, terminate_before_);
}

SayNothingWasDone::~SayNothingWasDone() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
}

}  // namespace edgecert
