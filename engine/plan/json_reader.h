// Strict reading of our own JSON forms: bounded, every field exactly once, unknown ones refused, with the
// place in words.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/time/instant.h"

namespace edgecert {

struct JsonBounds {
    std::size_t bytes{64UL << 20U};
    std::size_t values{4'000'000};  // of any kind; a value costs memory beyond its bytes
    std::size_t fields{4096};       // of one object: a look-up by name is linear
    int depth{16};
    bool operator==(const JsonBounds&) const = default;
};

// Throws Error `code` on anything that is not one JSON value within the bounds, and on a field that is there
// twice.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view bytes,
                                                const JsonBounds& bounds,
                                                const std::string& code);

// Reads the fields of one object. Every function throws Error with the given code and the place
// ("steps[3].action") when the field is absent or of another type; finish() refuses what was not asked for.
// Keeps a reference to the value.
class ObjectReader {
public:
    ObjectReader(const nlohmann::ordered_json& value, std::string place, std::string code);

    [[nodiscard]] const nlohmann::ordered_json& value(const std::string& name);
    [[nodiscard]] ObjectReader object(const std::string& name);
    [[nodiscard]] std::vector<ObjectReader> objects(const std::string& name);
    [[nodiscard]] std::string text(const std::string& name);
    [[nodiscard]] std::string digest(const std::string& name);  // 64 lower-case hex digits
    [[nodiscard]] std::string digest_or_empty(const std::string& name);
    [[nodiscard]] std::vector<std::string> texts(const std::string& name);
    // Of a field that is an object with names of its own, a great many perhaps.
    [[nodiscard]] std::map<std::string, ObjectReader> objects_by_name(const std::string& name);
    [[nodiscard]] std::map<std::string, std::string> texts_by_name(const std::string& name);
    [[nodiscard]] bool flag(const std::string& name);
    [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] Instant instant(const std::string& name);
    [[nodiscard]] std::optional<Instant> instant_or_null(const std::string& name);
    [[nodiscard]] bool is_null(const std::string& name);
    [[nodiscard]] std::vector<std::string> names() const;  // all fields that are there
    void finish() const;

    [[noreturn]] void refuse(const std::string& name, const std::string& why) const;
    [[nodiscard]] const std::string& place() const { return place_; }
    [[nodiscard]] const nlohmann::ordered_json& json() const { return *value_; }

private:
    const nlohmann::ordered_json* value_;
    std::string place_;
    std::string code_;
    std::set<std::string> read_{};
};

// Null or RFC 3339.
[[nodiscard]] nlohmann::ordered_json instant_or_null(const std::optional<Instant>& when);

}  // namespace edgecert
