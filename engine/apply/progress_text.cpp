// One line of text for each thing that progress tells; everything from a far side is escaped here.
#include "engine/apply/progress_text.h"

#include <chrono>
#include <string>
#include <variant>

#include "engine/apply/executor.h"
#include "engine/text/encoding.h"

namespace edgecert {

Stopwatch steady_stopwatch() {
    const auto start = std::chrono::steady_clock::now();
    return [start] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    };
}

std::string time_of_day(Instant now) {
    return to_rfc3339(now).substr(11, 8);
}

std::string how_long(std::chrono::milliseconds span) {
    if (span < std::chrono::seconds(10)) {
        const auto tenths = span.count() / 100;
        return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
    }
    return to_words(std::chrono::duration_cast<Seconds>(span));
}

std::string begun_text(const Step& step) {
    const std::string what = step.summary.empty() ? std::string(to_text(step.action)) : step.summary;
    return printable(step.unit, 128) + ": " + printable(what, 512) + " …";
}

std::string ended_text(const Step& step, const Outcome& outcome, std::chrono::milliseconds span) {
    std::string text = begun_text(step);
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
        text += " failed (" + how_long(span) + "): " + printable(failed->why.text, 2048) + " [" +
                printable(failed->why.code, 64) + "]";
        text += failed->why.hint.empty() ? "" : "; " + printable(failed->why.hint, 512);
    } else if (const auto* waiting = std::get_if<Waiting>(&outcome)) {
        text += " waits for " + printable(waiting->on_whom, 512);
        text += waiting->what_to_do.empty() ? "" : ": " + printable(waiting->what_to_do, 512);
    } else {
        text += " done (" + how_long(span) + ")";
    }
    return text;
}

std::string unit_text(const UnitId& unit, const std::string& result, const std::string& why) {
    std::string text = printable(unit, 128) + ": " + printable(result, 64);
    if (why.empty()) {
        return text;
    }
    const bool waits = result == to_text(UnitResult::waiting);
    return text + (waits ? " for " : ": ") + printable(why, 512);
}

}  // namespace edgecert
