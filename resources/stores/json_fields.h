// JSON from disks and far sides read field by field, believing nothing: bounded, typed, and nothing over.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/time/instant.h"

namespace edgecert {

// Parses one JSON text nested at most 16 deep (the library walks values recursively). Throws Error `code`.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view bytes, const std::string& code);

// One line, with what is no UTF-8 replaced: names of files and texts of programs are any bytes.
[[nodiscard]] std::string dump_json(const nlohmann::ordered_json& json);

// Takes the fields of one object; every failure is Error `code` and names `what` and the field.
// The JSON must outlive it.
class JsonFields {
public:
    JsonFields(const nlohmann::ordered_json& json, std::string code, std::string what);

    [[nodiscard]] const nlohmann::ordered_json& at(const std::string& name);
    [[nodiscard]] std::string text(const std::string& name, std::size_t limit = 4096);
    [[nodiscard]] std::string hash(const std::string& name);  // 64 lower-case hex digits, or ""
    [[nodiscard]] bool flag(const std::string& name);
    [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t low, std::int64_t high);
    [[nodiscard]] Instant instant(const std::string& name);
    [[nodiscard]] std::optional<Instant> optional_instant(const std::string& name);  // null: none
    [[nodiscard]] const nlohmann::ordered_json& list(const std::string& name, std::size_t limit);
    void finish() const;  // fails when there are fields that nobody asked for
    [[noreturn]] void fail(const std::string& name, const std::string& why) const;
    [[nodiscard]] const std::string& code() const { return code_; }

private:
    const nlohmann::ordered_json* json_;
    std::string code_;
    std::string what_;
    std::set<std::string> taken_{};
};

[[nodiscard]] bool is_hash(std::string_view text);  // 64 lower-case hex digits
[[nodiscard]] nlohmann::ordered_json optional_instant_to_json(const std::optional<Instant>& when);

}  // namespace edgecert
