// LiveProgress: what runs now and for how long, in one line of a terminal that is written anew; what has
// ended stands above it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <thread>

#include "engine/apply/progress.h"
#include "engine/apply/progress_text.h"
#include "engine/time/instant.h"

namespace edgecert {

// Writes to `out`, a terminal that is not used by others meanwhile. Nothing but carriage return and "clear to
// the end of the line" is sent, so that there is nothing to restore when the process is killed; stop() and
// the destructor clear the line. `width` gives the columns, asked each time for they change.
class LiveProgress final : public Progress {
public:
    LiveProgress(std::ostream& out, const Clock& clock, Stopwatch stopwatch, std::function<int()> width);
    LiveProgress(const LiveProgress&) = delete;
    LiveProgress& operator=(const LiveProgress&) = delete;
    ~LiveProgress() override;

    void expecting(const std::vector<UnitId>& units) override;
    void observing(const UnitId& unit) override;
    void observed(const UnitId& unit) override;
    void started(const Step& step) override;
    void ended(const Step& step, const Outcome& outcome) override;
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) override;
    void note(const std::string& text) override;

    void stop();     // clears the line; what is told afterwards is still written, but nothing is refreshed
    void refresh();  // writes the line anew; a thread of its own does so four times a second

private:
    struct Running {
        std::string text{};
        std::chrono::milliseconds begun{};
    };
    void refresh_until_stopped();
    void above(const std::string& text);       // with mutex_ held
    void draw();                               // with mutex_ held
    [[nodiscard]] std::string status() const;  // with mutex_ held
    [[nodiscard]] std::chrono::milliseconds end(const std::string& what);

    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::ostream& out_;
    const Clock& clock_;
    Stopwatch stopwatch_;
    std::function<int()> width_;
    std::set<UnitId> to_come_{};                // units that nothing was heard of yet
    std::map<std::string, Running> running_{};  // by unit, or unit and step
    std::string note_{};
    bool drawn_{};
    bool stopped_{};
    std::thread thread_{};
};

// Columns of the terminal behind `descriptor`; 80 when it does not say.
[[nodiscard]] int terminal_width(int descriptor);

}  // namespace edgecert
