// RFC 3339 and durations.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "engine/time/instant.h"

using edgecert::Instant;
using edgecert::Seconds;

namespace {

Instant at(std::int64_t seconds) {
    return Instant{Seconds{seconds}};
}

std::string by_the_c_library(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), length};
}

}  // namespace

TEST_CASE("an instant is written as the C library writes it, and read back") {
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> anything(-2'208'988'800, 253'402'300'799);  // 1900 to 9999
    for (int round = 0; round < 2000; ++round) {
        const std::int64_t seconds = anything(random);
        const std::string text = edgecert::to_rfc3339(at(seconds));
        REQUIRE(text == by_the_c_library(seconds));
        REQUIRE(edgecert::parse_rfc3339(text) == at(seconds));
    }
    CHECK(edgecert::to_rfc3339(at(253'402'300'799)) == "9999-12-31T23:59:59Z");
}

TEST_CASE("RFC 3339 is read with offsets, fractions, small letters, and as a day") {
    const Instant noon = at(1'767'268'800);  // date -u -d 2026-01-01T12:00:00Z +%s
    for (const std::string_view text : {"2026-01-01T12:00:00Z",
                                        "2026-01-01t12:00:00z",
                                        "2026-01-01T13:30:00+01:30",
                                        "2025-12-31T23:00:00-13:00",
                                        "2026-01-01T12:00:00.999999Z",
                                        "2026-01-01T12:00:00-00:00"}) {
        CAPTURE(text);
        CHECK(edgecert::parse_rfc3339(text) == noon);
    }
    CHECK(edgecert::parse_rfc3339("2026-01-01") == at(1'767'225'600));
    CHECK(edgecert::parse_rfc3339("2016-12-31T23:59:60Z") == at(1'483'228'800));
}

TEST_CASE("what is no time is refused") {
    for (const std::string_view text : {"",
                                        "2026",
                                        "2026-1-1",
                                        "2026-02-29",
                                        "2026-13-01",
                                        "2026-00-10",
                                        "2026-01-01T",
                                        "2026-01-01T12:00Z",
                                        "2026-01-01 12:00:00Z",
                                        "2026-01-01T24:00:00Z",
                                        "2026-01-01T12:60:00Z",
                                        "2026-01-01T12:00:60Z",
                                        "2026-01-01T12:00:00",
                                        "2026-01-01T12:00:00+1:00",
                                        "2026-01-01T12:00:00+24:00",
                                        "2026-01-01T12:00:00.Z",
                                        "2026-01-01T12:00:00Zx",
                                        " 2026-01-01",
                                        "2026-01-01Z",
                                        "+026-01-01",
                                        "12026-01-01"}) {
        CAPTURE(text);
        CHECK(edgecert::parse_rfc3339(text) == std::nullopt);
    }
}

TEST_CASE("a duration is a positive whole number and a unit") {
    CHECK(edgecert::parse_duration("45s") == Seconds{45});
    CHECK(edgecert::parse_duration("90m") == Seconds{5400});
    CHECK(edgecert::parse_duration("36h") == Seconds{129'600});
    CHECK(edgecert::parse_duration("30d") == Seconds{2'592'000});
    CHECK(edgecert::parse_duration("36500d") == Seconds{std::int64_t{36500} * 86400});
    for (const std::string_view wrong : {"",
                                         "d",
                                         "30",
                                         "0d",
                                         "-1d",
                                         "+1d",
                                         "030d",
                                         "1.5h",
                                         "1 d",
                                         "1w",
                                         "1D",
                                         "30dd",
                                         "36501d",
                                         "99999999999999999999s",
                                         "9223372036854775807d"}) {
        CAPTURE(wrong);
        CHECK(edgecert::parse_duration(wrong) == std::nullopt);
    }
}

TEST_CASE("a span is told in the two units that matter") {
    const std::pair<std::int64_t, std::string_view> table[] = {{0, "0 s"},
                                                               {59, "59 s"},
                                                               {60, "1 min"},
                                                               {90, "1 min 30 s"},
                                                               {1200, "20 min"},
                                                               {3599, "59 min"},
                                                               {3600, "1 h"},
                                                               {12'000, "3 h 20 min"},
                                                               {86'399, "23 h 59 min"},
                                                               {86'400, "1 d"},
                                                               {100'800, "1 d 4 h"},
                                                               {864'000, "10 d"},
                                                               {2'591'999, "29 d"},
                                                               {-90, "-1 min 30 s"}};
    for (const auto& [seconds, text] : table) {
        CHECK(edgecert::to_words(Seconds{seconds}) == text);
    }
}
