// Children run to their end: bounded in time and output, with nothing of ours handed down.
#include "engine/transport/process.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <string>
#include <unistd.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {
namespace {

using Steady = std::chrono::steady_clock;

std::vector<std::string> shell(const std::string& script) {
    return {"sh", "-c", script};
}

std::string code_of(const std::vector<std::string>& argv) {
    try {
        static_cast<void>(run_process(argv, ""));
    } catch (const Error& error) {
        return error.diagnostic().code;
    }
    return "";
}

}  // namespace

TEST_CASE("a child gets its input and gives output, errors and status back") {
    const ProcessResult result = run_process(shell("cat; echo oops >&2; exit 7"), "hello");
    CHECK(result.status == 7);
    CHECK(result.output == "hello");
    CHECK(result.error_output == "oops\n");
    CHECK_FALSE(result.timed_out);
}

TEST_CASE("input and output larger than any pipe pass at the same time") {
    const std::string large(3U << 20U, 'x');
    CHECK(run_process({"cat"}, large).output == large);
}

TEST_CASE("a child that does not read its input does no harm") {
    const std::string large(3U << 20U, 'x');
    const ProcessResult result = run_process({"true"}, large);
    CHECK(result.status == 0);
}

TEST_CASE("arguments are never seen by a shell") {
    const ProcessResult result = run_process({"printf", "%s", "$(id) `id` ; * \n'\""}, "");
    CHECK(result.output == "$(id) `id` ; * \n'\"");
}

TEST_CASE("a program that is not there, no program and a zero byte are errors, not children") {
    CHECK(code_of({"edgecert-no-such-program"}) == "cannot-run");
    CHECK(code_of({}) == "cannot-run");
    CHECK(code_of({""}) == "cannot-run");
    CHECK(code_of({"echo", std::string("a\0b", 3)}) == "cannot-run");
    CHECK(code_of({"/"}) == "cannot-run");
}

TEST_CASE("a child that takes too long is killed with everything it started") {
    ProcessLimits limits;
    limits.deadline = Seconds{1};
    const auto before = Steady::now();
    const ProcessResult result = run_process(shell("sleep 60 & echo $!; wait"), "", limits);
    CHECK(result.timed_out);
    CHECK(result.status == 128 + SIGKILL);
    CHECK(Steady::now() - before < std::chrono::seconds(10));
    const int grandchild =
        std::atoi(result.output.c_str());  // NOLINT(cert-err34-c): checked in the next line
    REQUIRE(grandchild > 1);
    // Killed, though perhaps not reaped yet by whoever inherited it: then its command line is empty.
    bool gone = false;
    for (int look = 0; look < 100 && !gone; ++look) {
        const std::string place = "/proc/" + std::to_string(grandchild) + "/cmdline";
        gone = run_process({"cat", place}, "").output.empty();
    }
    CHECK(gone);
}

TEST_CASE("output without end is cut and its writer killed") {
    ProcessLimits limits;
    limits.output = 100'000;
    const ProcessResult result = run_process({"yes"}, "", limits);
    CHECK(result.output_exceeded);
    CHECK(result.output.size() == 100'000);
    limits.error_output = 1000;
    const ProcessResult noisy = run_process(shell("seq 100000 >&2; echo last >&2"), "", limits);
    CHECK(noisy.status == 0);
    CHECK(noisy.error_output.size() == 1000);
    CHECK_MESSAGE(noisy.error_output.ends_with("last\n"), "the end of what it said is what matters");
}

TEST_CASE("a daemon that is left behind and holds the pipes is not waited for") {
    const auto before = Steady::now();
    const ProcessResult result = run_process(shell("setsid sleep 20 & echo started"), "");
    CHECK(result.output == "started\n");
    CHECK(result.status == 0);
    CHECK(Steady::now() - before < std::chrono::seconds(10));
}

TEST_CASE("a child has three descriptors, no terminal, and signals as a fresh program has them") {
    const int leak = ::open("/dev/null", O_RDONLY);  // NOLINT: without O_CLOEXEC, on purpose
    REQUIRE(leak >= 0);
    const auto old = ::signal(SIGPIPE, SIG_IGN);
    const ProcessResult open = run_process(shell("ls /proc/self/fd | tr '\\n' ' '"), "");
    CHECK(open.output == "0 1 2 3 ");  // 3 is ls's own look at the folder
    const ProcessResult blocked = run_process(shell("grep SigBlk /proc/self/status"), "");
    CHECK(blocked.output == "SigBlk:\t0000000000000000\n");
    // The C library keeps 32 and 33 for itself.
    const ProcessResult ignored = run_process(shell("grep SigIgn /proc/self/status | cut -f2"), "");
    CHECK((std::stoull(ignored.output, nullptr, 16) & 0x7FFFFFFFULL) == 0);
    const ProcessResult terminal = run_process(shell("cat /dev/tty 2>&1 || echo none"), "");
    CHECK(terminal.output.ends_with("none\n"));
    ::signal(SIGPIPE, old);
    ::close(leak);
}

TEST_CASE("hidden variables do not reach the child, added ones do") {
    REQUIRE(::setenv("EDGECERT_TEST_SECRET", "hush", 1) == 0);    // NOLINT(concurrency-mt-unsafe): one thread
    REQUIRE(::setenv("EDGECERT_TEST_HARMLESS", "loud", 1) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
    const std::vector<std::string> print =
        shell("echo \"$EDGECERT_TEST_SECRET-$EDGECERT_TEST_HARMLESS-$EDGECERT_ROLE\"");
    CHECK(run_process(print, "", {}, {"EDGECERT_TEST_SECRET"}).output == "-loud-\n");
    CHECK(run_process(print, "", {}, {"EDGECERT_*"}, {"EDGECERT_ROLE=internal"}).output == "--internal\n");
    CHECK(run_process(print, "").output == "hush-loud-\n");
    ::unsetenv("EDGECERT_TEST_SECRET");    // NOLINT(concurrency-mt-unsafe): one thread
    ::unsetenv("EDGECERT_TEST_HARMLESS");  // NOLINT(concurrency-mt-unsafe): one thread
}

TEST_CASE("the end by a signal shows in the status") {
    CHECK(run_process(shell("kill -TERM $$"), "").status == 128 + SIGTERM);
}

}  // namespace edgecert
