// LineProgress: one line when a step begins and one when it ends, for logs and pipes.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <ostream>
#include <string>

#include "engine/apply/progress.h"
#include "engine/apply/progress_text.h"
#include "engine/time/instant.h"

namespace edgecert {

// Writes to `out`, which is not used by others meanwhile, and flushes each line.
// "12:03:04 ams-edge: assign internal on edge01 … done (0.4 s)". Looking at a unit is told only when it took
// long.
class LineProgress final : public Progress {
public:
    LineProgress(std::ostream& out, const Clock& clock, Stopwatch stopwatch);

    void observing(const UnitId& unit) override;
    void observed(const UnitId& unit) override;
    void started(const Step& step) override;
    void ended(const Step& step, const Outcome& outcome) override;
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) override;
    void note(const std::string& text) override;

private:
    void line(const std::string& text);
    [[nodiscard]] std::chrono::milliseconds since(const std::string& what);

    std::mutex mutex_{};
    std::ostream& out_;
    const Clock& clock_;
    Stopwatch stopwatch_;
    std::map<std::string, std::chrono::milliseconds> begun_{};  // by unit, or unit and step
};

}  // namespace edgecert
