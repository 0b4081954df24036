// Progress as lines, on a terminal, and in a run record that is read back.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "engine/apply/fan_out.h"
#include "engine/apply/line_progress.h"
#include "engine/apply/live_progress.h"
#include "engine/apply/run_log.h"
#include "engine/apply/run_record.h"
#include "fake_unit.h"
#include "sample.h"

namespace edgecert::test {

namespace {

class Folder {
public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "edgecert-plan-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

Step assign() {
    Step result = step(Action::assign_role, "ams-edge", "edge01", "internal");
    result.role = "internal";
    result.summary = "assign internal on edge01";
    result.id = step_id(result);
    return result;
}

Failed failure() {
    return Failed{{Severity::error, "handshake", "edge01 said \x1b[31mno\nway", {}, "", "look at its log"}};
}

// A stopwatch that a test moves by hand.
struct Hand {
    std::chrono::milliseconds now{0};
    Stopwatch stopwatch() {
        return [this] { return now; };
    }
};

void tell_a_run(Progress& progress, const Step& step) {
    progress.observing("ams-edge");
    progress.observed("ams-edge");
    progress.started(step);
    progress.ended(step, Done{});
    progress.started(step);
    progress.ended(step, Waiting{"the officer", "approve 42"});
    progress.started(step);
    progress.ended(step, failure());
    progress.unit_ended("ams-edge", "failed", "edge02 did not start");
    progress.note("next look in 40 s");
}

}  // namespace

TEST_CASE("lines say what began, how it ended and how long it took") {
    FakeClock clock;
    Hand hand;
    std::ostringstream out;
    LineProgress progress(out, clock, hand.stopwatch());
    clock.sleep(std::chrono::hours(12) + std::chrono::minutes(3) + Seconds(4));
    const Step step = assign();
    progress.started(step);
    hand.now += std::chrono::milliseconds(432);
    progress.ended(step, Done{});
    progress.started(step);
    hand.now += std::chrono::seconds(75);
    progress.ended(step, failure());
    progress.ended(step, Waiting{"the officer", "approve 42"});
    progress.observing("ams-edge");
    progress.observed("ams-edge");
    progress.observing("ams-edge");
    hand.now += std::chrono::seconds(3);
    progress.observed("ams-edge");
    CHECK(
        out.str() ==
        "12:03:04 ams-edge: assign internal on edge01 …\n"
        "12:03:04 ams-edge: assign internal on edge01 … done (0.4 s)\n"
        "12:03:04 ams-edge: assign internal on edge01 …\n"
        "12:03:04 ams-edge: assign internal on edge01 … failed (1 min 15 s): edge01 said \\x1b[31mno\\x0away "
        "[handshake]; look at its log\n"
        "12:03:04 ams-edge: assign internal on edge01 … waits for the officer: approve 42\n"
        "12:03:04 ams-edge: observed (3.0 s)\n");
}

TEST_CASE("a terminal shows what runs in one line that never wraps, and is left clean") {
    FakeClock clock;
    Hand hand;
    std::ostringstream out;
    {
        LiveProgress progress(out, clock, hand.stopwatch(), [] { return 40; });
        progress.expecting({"ams-edge", "ber-edge", "lon-edge"});
        progress.started(assign());
        hand.now += std::chrono::seconds(75);
        progress.refresh();
        CHECK(out.str().find("1 running, 2 to come: 75 s ams-edge: a") != std::string::npos);
        progress.unit_ended("ber-edge", "waiting", "the officer");
        progress.refresh();
        CHECK(out.str().find("1 running, 1 to come: 75 s ams-edge: a") != std::string::npos);
        CHECK(out.str().find("ber-edge: waiting for the officer\n") != std::string::npos);
        progress.ended(assign(), Done{});
        progress.note("waiting for the officer of contoso-issuing, next look in 40 s");
        progress.refresh();
    }
    const std::string text = out.str();
    const std::string clear = "\r\x1b[K";
    CHECK(text.find("00:00:00 ams-edge: assign internal on edge01 … done (1 min 15 s)\n") !=
          std::string::npos);
    CHECK(text.substr(text.size() - clear.size()) == clear);
    // Only what stays may be longer than the terminal is wide; and no other escape sequence is ever sent.
    for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at + 1)) {
        REQUIRE(text.substr(at - 1, clear.size()) == clear);
        const std::size_t end = text.find_first_of("\r\n", at);
        if (end != std::string::npos && text[end] == '\r') {
            CHECK(end - at - 2 < 46);  // bytes; "…" has three
        }
    }
}

TEST_CASE("a live line is refreshed by itself while threads tell of their steps") {
    FakeClock clock;
    std::ostringstream out;
    {
        LiveProgress progress(out, clock, steady_stopwatch(), [] { return 80; });
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&progress, i] {
                Step step = assign();
                step.unit = "pool" + std::to_string(i);
                for (int k = 0; k < 20; ++k) {
                    progress.started(step);
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    progress.ended(step, Done{});
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    const std::string text = out.str();
    std::size_t lines = 0;
    for (std::size_t at = text.find(" done ("); at != std::string::npos; at = text.find(" done (", at + 1)) {
        ++lines;
    }
    CHECK(lines == 80);
}

TEST_CASE("every listener is told everything") {
    Recorder one;
    Recorder two;
    FanOut both({&one, &two});
    tell_a_run(both, assign());
    CHECK(one.lines().size() == 10);
    CHECK(one.lines() == two.lines());
}

TEST_CASE("a run record is private, tells everything and reads back") {
    const Folder folder;
    const std::filesystem::path runs = folder.path() / "edgecert" / "runs";
    FakeClock clock;
    std::vector<std::string> warnings;
    const auto warn = [&warnings](const std::string& text) { warnings.push_back(text); };
    std::string name;
    {
        RunRecord record(runs, {"ops@controller", "apply", digits('a')}, clock, warn);
        name = record.name();
        tell_a_run(record, assign());
        record.end(1);
    }
    CHECK(name == "20261122T000000Z-aaaaaaaaaaaa");
    struct stat state {};
    REQUIRE(::stat((runs / (name + ".jsonl")).c_str(), &state) == 0);
    CHECK((state.st_mode & 0777U) == 0600U);
    REQUIRE(::stat(runs.c_str(), &state) == 0);
    CHECK((state.st_mode & 0777U) == 0700U);

    const RunLog run = read_run(runs, "last");
    CHECK(run.name == name);
    CHECK(run.who == "ops@controller");
    CHECK(run.command == "apply");
    CHECK(run.plan_id == digits('a'));
    CHECK(run.exit_status == 1);
    CHECK(run.done == 1);
    CHECK(run.waiting == 1);
    CHECK(run.failed == 1);
    REQUIRE(run.events.size() == 10);
    CHECK(run.events[5].text == "the officer: approve 42");
    CHECK(run.events[7].text == "edge01 said \x1b[31mno\nway");  // escaped by JSON in the file, raw in memory
    CHECK(run.lines.size() == 12);
    CHECK(run.unreadable == 0);
    CHECK(warnings.empty());

    {
        const RunRecord second(runs, {"ops@controller", "apply", digits('a')}, clock, warn);
        CHECK(second.name() == name + "-2");
    }
    const std::vector<RunLog> list = list_runs(runs);
    REQUIRE(list.size() == 2);
    CHECK(list[0].name == name + "-2");  // newest first
    CHECK_FALSE(list[0].ended);          // nobody said that it ended
    CHECK(read_run(runs, name).name == name);
    CHECK_THROWS_AS(static_cast<void>(read_run(runs, "2026")), Error);
    CHECK_THROWS_AS(static_cast<void>(read_run(runs, "../x")), Error);
    CHECK(list_runs(folder.path() / "nowhere").empty());
}

TEST_CASE("a record that was cut off or scribbled on reads as far as it goes") {
    const Folder folder;
    std::ofstream(folder.path() / "20261122T000000Z-x.jsonl")
        << R"({"event":"begin","at":"2026-11-22T00:00:00Z","who":"a@b","plan":"","command":"apply"})"
        << "\n"
        << "rubbish\n[1]\n"
        << R"({"event":"note","at":"2026-11-22T00:00:01Z","text":"hello"})"
        << "\n"
        << R"({"event":"step-ended","at":"2026-11-22T0)";
    const RunLog run = read_run(folder.path(), "2026");
    CHECK(run.who == "a@b");
    CHECK(run.unreadable == 3);
    REQUIRE(run.events.size() == 1);
    CHECK(run.events[0].text == "hello");
    CHECK_FALSE(run.exit_status);
}

TEST_CASE("a record that cannot be written is told once and harms nothing") {
    FakeClock clock;
    std::vector<std::string> warnings;
    const auto warn = [&warnings](const std::string& text) { warnings.push_back(text); };
    RunRecord record("/dev/null/runs", {"a@b", "apply", ""}, clock, warn);
    tell_a_run(record, assign());
    record.end(0);
    CHECK(record.name().empty());
    CHECK(warnings.size() == 1);
}

TEST_CASE("the user and host are named without control characters") {
    const std::string who = user_at_host();
    CHECK(who.find('@') != std::string::npos);
}

}  // namespace edgecert::test
