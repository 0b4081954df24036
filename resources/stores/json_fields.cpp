// Bounded, typed reading of JSON objects.
#include "resources/stores/json_fields.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

bool too_deep(std::string_view bytes) {
    constexpr int deepest = 16;
    int depth = 0;
    bool in_text = false;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const char c = bytes[at];
        if (in_text) {
            at += c == '\\' ? 1U : 0U;
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) {
                return true;
            }
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

}  // namespace

Json parse_json(std::string_view bytes, const std::string& code) {
    if (too_deep(bytes)) {
        throw Error(code, "JSON that is nested too deep");
    }
    Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (json.is_discarded()) {
        throw Error(code, "not JSON: " + printable(bytes, 60));
    }
    return json;
}

std::string dump_json(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Json optional_instant_to_json(const std::optional<Instant>& when) {
    return when ? Json(to_rfc3339(*when)) : Json(nullptr);
}

JsonFields::JsonFields(const Json& json, std::string code, std::string what)
    : json_(&json), code_(std::move(code)), what_(std::move(what)) {
    if (!json.is_object()) {
        throw Error(code_, what_ + " is no JSON object");
    }
}

void JsonFields::fail(const std::string& name, const std::string& why) const {
    throw Error(code_, what_ + ": \"" + printable(name, 64) + "\" " + why);
}

const Json& JsonFields::at(const std::string& name) {
    taken_.insert(name);
    const auto found = json_->find(name);
    if (found == json_->end()) {
        fail(name, "is missing");
    }
    return *found;
}

std::string JsonFields::text(const std::string& name, std::size_t limit) {
    const Json& value = at(name);
    if (!value.is_string()) {
        fail(name, "is no text");
    }
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > limit) {
        fail(name, "is longer than " + std::to_string(limit) + " bytes");
    }
    return text;
}

std::string JsonFields::hash(const std::string& name) {
    std::string value = text(name, 64);
    if (!value.empty() && !is_hash(value)) {
        fail(name, "is no SHA-256");
    }
    return value;
}

bool JsonFields::flag(const std::string& name) {
    const Json& value = at(name);
    if (!value.is_boolean()) {
        fail(name, "is neither true nor false");
    }
    return value.get<bool>();
}

std::int64_t JsonFields::number(const std::string& name, std::int64_t low, std::int64_t high) {
    const Json& value = at(name);
    // Asked first, since a number over 2^63 would wrap.
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))) {
        fail(name, "is no whole number");
    }
    const auto number = value.get<std::int64_t>();
    if (number < low || number > high) {
        fail(name, "is out of bounds");
    }
    return number;
}

Instant JsonFields::instant(const std::string& name) {
    const auto when = parse_rfc3339(text(name, 64));
    if (!when) {
        fail(name, "is no time");
    }
    return *when;
}

std::optional<Instant> JsonFields::optional_instant(const std::string& name) {
    if (at(name).is_null()) {
        return std::nullopt;
    }
    return instant(name);
}

const Json& JsonFields::list(const std::string& name, std::size_t limit) {
    const Json& value = at(name);
    if (!value.is_array()) {
        fail(name, "is no list");
    }
    if (value.size() > limit) {
        fail(name, "has more than " + std::to_string(limit) + " entries");
    }
    return value;
}

void JsonFields::finish() const {
    for (const auto& entry : json_->items()) {
        if (!taken_.contains(entry.key())) {
            fail(entry.key(), "is unknown");
        }
    }
}

}  // namespace edgecert
