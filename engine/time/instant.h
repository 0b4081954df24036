// Points in time and spans of it: whole seconds, UTC, RFC 3339 in text; the clock is always an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace edgecert {

using Instant = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

[[nodiscard]] std::string to_rfc3339(Instant when);  // 2026-11-22T09:46:07Z
[[nodiscard]] std::optional<Instant> parse_rfc3339(
    std::string_view text);  // offsets taken, fractions cut; "2026-01-01" = midnight UTC
[[nodiscard]] std::optional<Seconds> parse_duration(
    std::string_view text);                        // "45s", "90m", "36h", "30d"; positive, at most 36500d
[[nodiscard]] std::string to_words(Seconds span);  // for people: "3 h 20 min", "29 d"; rounded down

// What the engine knows of time and chance. Built in main(), handed down; simulated in tests.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    virtual void sleep(Seconds span) = 0;  // returns early when the process was asked to stop
    [[nodiscard]] virtual bool stopping() const { return false; }  // it was asked to

protected:
    Clock() = default;
    Clock(const Clock&) = default;
    Clock& operator=(const Clock&) = default;
};

}  // namespace edgecert
