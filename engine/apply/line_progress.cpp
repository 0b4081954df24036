// Progress as lines.
#include "engine/apply/line_progress.h"

#include <chrono>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

#include "engine/text/encoding.h"

namespace edgecert {

LineProgress::LineProgress(std::ostream& out, const Clock& clock, Stopwatch stopwatch)
    : out_(out), clock_(clock), stopwatch_(std::move(stopwatch)) {}

void LineProgress::observing(const UnitId& unit) {
    const std::lock_guard lock(mutex_);
    begun_[unit] = stopwatch_();
}

void LineProgress::observed(const UnitId& unit) {
    const std::lock_guard lock(mutex_);
    const std::chrono::milliseconds span = since(unit);
    if (span >= std::chrono::seconds(2)) {
        line(unit_text(unit, "observed (" + how_long(span) + ")"));
    }
}

void LineProgress::started(const Step& step) {
    const std::lock_guard lock(mutex_);
    begun_[step.unit + "\n" + step.id] = stopwatch_();
    line(begun_text(step));
}

void LineProgress::ended(const Step& step, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    line(ended_text(step, outcome, since(step.unit + "\n" + step.id)));
}

void LineProgress::unit_ended(const UnitId& unit, const std::string& result, const std::string& why) {
    const std::lock_guard lock(mutex_);
    line(unit_text(unit, result, why));
}

void LineProgress::note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    line(printable(text));
}

void LineProgress::line(const std::string& text) {
    out_ << time_of_day(clock_.now()) << ' ' << text << '\n' << std::flush;
}

std::chrono::milliseconds LineProgress::since(const std::string& what) {
    const auto found = begun_.find(what);
    if (found == begun_.end()) {
        return std::chrono::milliseconds(0);
    }
    const std::chrono::milliseconds span = stopwatch_() - found->second;
    begun_.erase(found);
    return span;
}

}  // namespace edgecert
