// RFC 3339 and durations, to and from text.
#include "engine/time/instant.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace edgecert {
namespace {

// Takes exactly `digits` digits from the front; nothing else is a number here (no sign, no space).
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    for (const char digit : text.substr(0, digits)) {
        if (digit < '0' || digit > '9') {
            return std::nullopt;
        }
        value = value * 10 + (digit - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) {
        return std::nullopt;
    }
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) {
        return std::nullopt;
    }
    const auto day = take_number(text, 2);
    if (!day) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date};
}

// "hh:mm" below 24:00.
std::optional<Seconds> take_minutes(std::string_view& text) {
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) {
        return std::nullopt;
    }
    return std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
}

// A fraction is cut, but has to be one.
bool skip_fraction(std::string_view& text) {
    if (!take(text, '.')) {
        return true;
    }
    const std::size_t before = text.size();
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        text.remove_prefix(1);
    }
    return text.size() < before;
}

std::optional<Seconds> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) {
        return Seconds{0};
    }
    const bool west = take(text, '-');
    if (!west && !take(text, '+')) {
        return std::nullopt;
    }
    const auto offset = take_minutes(text);
    if (!offset) {
        return std::nullopt;
    }
    return west ? -*offset : *offset;
}

std::string two_digits(std::int64_t value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
}

// "3 h 20 min": the second unit only when there is any of it.
std::string pair(std::int64_t large, std::string_view unit, std::int64_t small, std::string_view small_unit) {
    std::string text = std::to_string(large).append(" ").append(unit);
    if (small != 0) {
        text.append(" ").append(std::to_string(small)).append(" ").append(small_unit);
    }
    return text;
}

}  // namespace

std::string to_rfc3339(Instant when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{when - day};
    std::string year = std::to_string(static_cast<int>(date.year()));
    if (year.size() < 4 && year.front() != '-') {
        year.insert(0, 4 - year.size(), '0');
    }
    return year + "-" + two_digits(static_cast<unsigned>(date.month())) + "-" +
           two_digits(static_cast<unsigned>(date.day())) + "T" + two_digits(time.hours().count()) + ":" +
           two_digits(time.minutes().count()) + ":" + two_digits(time.seconds().count()) + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    const auto date = take_date(text);
    if (!date) {
        return std::nullopt;
    }
    if (text.empty()) {
        return Instant{*date};
    }
    if (!take(text, 'T') && !take(text, 't')) {
        return std::nullopt;
    }
    const auto minutes = take_minutes(text);
    if (!minutes || !take(text, ':')) {
        return std::nullopt;
    }
    const auto seconds = take_number(text, 2);
    if (!seconds || *seconds > 60 || !skip_fraction(text)) {
        return std::nullopt;
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) {
        return std::nullopt;
    }
    const Instant when = Instant{*date} + *minutes + Seconds{*seconds} - *offset;
    // RFC 3339 section 5.7: second 60 only where a leap second can be, at the end of a day in UTC.
    const bool midnight = when == Instant{std::chrono::floor<std::chrono::days>(when)};
    return *seconds == 60 && !midnight ? std::nullopt : std::optional{when};
}

std::optional<Seconds> parse_duration(std::string_view text) {
    if (text.size() < 2 || text.front() < '1' || text.front() > '9') {
        return std::nullopt;
    }
    std::int64_t unit = 0;
    switch (text.back()) {
        case 's':
            unit = 1;
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'd':
            unit = 86400;
            break;
        default:
            return std::nullopt;
    }
    text.remove_suffix(1);
    std::int64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, count);
    constexpr std::int64_t longest =
        std::int64_t{36500} * 86400;  // keeps every sum with an Instant in four-digit years
    if (failure != std::errc{} || stopped != end || count > longest / unit) {
        return std::nullopt;
    }
    return Seconds{count * unit};
}

std::string to_words(Seconds span) {
    const std::int64_t seconds = span.count();
    if (seconds < 0) {
        return "-" + to_words(-span);
    }
    if (seconds < 60) {
        return std::to_string(seconds) + " s";
    }
    const std::int64_t minutes = seconds / 60;
    if (minutes < 60) {
        return minutes < 10 ? pair(minutes, "min", seconds % 60, "s") : std::to_string(minutes) + " min";
    }
    const std::int64_t hours = minutes / 60;
    if (hours < 24) {
        return pair(hours, "h", minutes % 60, "min");
    }
    const std::int64_t days = hours / 24;
    return days < 10 ? pair(days, "d", hours % 24, "h") : std::to_string(days) + " d";
}

}  // namespace edgecert
