// Sessions with children that speak frames, or ought to.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/transport/frame.h"
#include "engine/transport/process.h"

namespace edgecert {
namespace {

using Steady = std::chrono::steady_clock;

std::vector<std::string> shell(const std::string& script) {
    return {"sh", "-c", script};
}

Diagnostic failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic();
    }
    return {};
}

Diagnostic failure_in(const std::string& script, Seconds patience = Seconds{20}) {
    Session session(shell(script));
    return failure_of([&] { static_cast<void>(session.receive(patience)); });
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("frames come back from a child as they were sent") {
    Session session({"cat"});
    const std::string large(2U << 20U, 'y');
    std::thread sender([&] {  // cat answers while it is still being told
        session.send('q', "one");
        session.send('z', "");
        session.send('s', large);
    });
    const Frame first = session.receive(Seconds{20});
    CHECK(first.kind == 'q');
    CHECK(first.payload == "one");
    CHECK(session.receive(Seconds{20}).payload.empty());
    const Frame third = session.receive(Seconds{20});
    sender.join();
    CHECK(third.kind == 's');
    CHECK(third.payload == large);
}

TEST_CASE("a session says by itself that somebody is there") {
    ProcessLimits limits;
    limits.keep_alive = Seconds{1};
    Session session({"cat"}, limits);
    const Frame frame = session.receive(Seconds{20});
    CHECK(frame.kind == keep_alive_frame);
    CHECK(frame.payload.empty());
    session.send('q', "still in order");
    Frame next = session.receive(Seconds{20});
    while (next.kind == keep_alive_frame) {
        next = session.receive(Seconds{20});
    }
    CHECK(next.payload == "still in order");
}

TEST_CASE("a child that dies is reported with its status and its last words") {
    const Diagnostic why = failure_in("echo 'Permission denied (publickey).' >&2; exit 255");
    CHECK(why.code == "node-died");
    CHECK(holds(why.text, "255"));
    CHECK(holds(why.text, "Permission denied (publickey)."));
}

TEST_CASE("a child that dies while it is being told something is reported, without a signal to us") {
    Session session(shell("exit 3"));
    const std::string large(4U << 20U, 'x');
    const Diagnostic why = failure_of([&] {
        session.send('q', large);
        static_cast<void>(session.receive(Seconds{20}));
    });
    CHECK(why.code == "node-died");
}

TEST_CASE("a child that hangs is given up after the deadline, and killed") {
    const auto before = Steady::now();
    const Diagnostic why = failure_in("trap '' TERM; echo 'thinking' >&2; sleep 60", Seconds{1});
    CHECK(why.code == "node-hangs");
    CHECK(holds(why.text, "thinking"));
    CHECK(Steady::now() - before < std::chrono::seconds(15));
}

TEST_CASE("a child that does not read is given up after the deadline") {
    ProcessLimits limits;
    limits.deadline = Seconds{1};
    Session session(shell("sleep 60"), limits);
    const std::string large(4U << 20U, 'x');
    CHECK(failure_of([&] { session.send('q', large); }).code == "node-hangs");
}

TEST_CASE("a child that babbles is quoted, without its control characters") {
    const Diagnostic why = failure_in("printf 'Welcome to \\033[31mDebian\\n'; sleep 5");
    CHECK(why.code == "node-babbles");
    CHECK(holds(why.text, "Welcome to"));
    CHECK_FALSE(holds(why.text, "\033"));
    CHECK(failure_in("printf 'no'").code == "node-babbles");
    CHECK_MESSAGE(failure_in("printf '\\0\\0\\0\\1!x'; sleep 5").code == "node-babbles",
                  "a kind that is no letter");
}

TEST_CASE("a length of gigabytes is refused before anything is read or allocated for it") {
    CHECK(failure_in("printf '\\177\\377\\377\\377a'; sleep 5").code == "node-babbles");
    ProcessLimits limits;
    limits.output = 10;
    Session session(shell("printf '\\0\\0\\0\\13ahello world'; sleep 5"), limits);
    CHECK(failure_of([&] { static_cast<void>(session.receive(Seconds{20})); }).code == "node-babbles");
}

TEST_CASE("half a frame before the end is the end") {
    CHECK(failure_in("printf '\\0\\0\\0\\13ahello'").code == "node-died");
}

TEST_CASE("a child that trickles meets the deadline for the whole frame") {
    const auto before = Steady::now();
    const Diagnostic why =
        failure_in("printf '\\0\\0\\0\\377a'; while :; do printf x; sleep 0.1; done", Seconds{1});
    CHECK(why.code == "node-hangs");
    CHECK(Steady::now() - before < std::chrono::seconds(15));
}

TEST_CASE("a child that talks without end on stderr does not stop the session, and little of it is kept") {
    ProcessLimits limits;
    limits.error_output = 5000;
    Session session(shell("seq 200000 >&2; exec cat"), limits);
    session.send('q', "here");
    CHECK(session.receive(Seconds{30}).payload == "here");
    CHECK(session.error_output().size() <= 5000);
}

TEST_CASE("a session's end is quick when the child leaves with its stdin") {
    const auto before = Steady::now();
    { const Session session({"cat"}); }
    CHECK(Steady::now() - before < std::chrono::seconds(2));
}

TEST_CASE("a frame written to nobody is told from one written late, and no signal comes of it") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto soon = [] { return Steady::now() + std::chrono::milliseconds(100); };
    const std::string large(1U << 20U, 'x');
    CHECK(write_frame(ends[1], 'a', large, soon()) == WriteResult::late);
    ::close(ends[0]);
    CHECK(write_frame(ends[1], 'a', large, soon()) == WriteResult::closed);
    ::close(ends[1]);
}

TEST_CASE("a reader tells the end from the middle") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(write_frame(ends[1], 'a', "text", Steady::now() + std::chrono::seconds(5)) == WriteResult::done);
    ::close(ends[1]);
    const auto later = Steady::now() + std::chrono::seconds(5);
    const auto frame = read_frame(ends[0], 100, later);
    REQUIRE(std::holds_alternative<Frame>(frame));
    CHECK(std::get<Frame>(frame).payload == "text");
    const auto end = read_frame(ends[0], 100, later);
    REQUIRE(std::holds_alternative<FrameProblem>(end));
    CHECK(std::get<FrameProblem>(end).what == FrameProblem::What::closed);
    ::close(ends[0]);
}

}  // namespace edgecert
