// Signals while something is being changed: the first asks to stop cleanly, the second ends the process at
// once.
#pragma once

#include <csignal>

#include "engine/apply/executor.h"

namespace edgecert {

// Written by the handlers below, read by the executor and by the clock's sleep. The process has one.
[[nodiscard]] StopRequest& stop_request();

// While it lives, SIGINT and SIGTERM ask to stop: once, and the running step is finished or abandoned
// cleanly; twice, and the process ends with status 130. Outside of it both end the process as they always do,
// for then nothing is being changed.
class StopOnSignal final {
public:
    StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
    ~StopOnSignal();

private:
    struct sigaction interrupt_before_ {};
    struct sigaction terminate_before_ {};
};

// While it lives, SIGINT and SIGTERM end the process as they always do, with a word: somebody who gives up
// while servers are still looked at, or at the question, is not to wonder what was done.
class SayNothingWasDone final {
public:
    SayNothingWasDone();
    SayNothingWasDone(const SayNothingWasDone&) = delete;
    SayNothingWasDone& operator=(const SayNothingWasDone&) = delete;
    ~SayNothingWasDone();

private:
    struct sigaction interrupt_before_ {};
    struct sigaction terminate_before_ {};
};

}  // namespace edgecert
