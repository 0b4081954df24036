// Strict JSON: objects read field by field.
#include "engine/plan/json_reader.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"

namespace edgecert {

using nlohmann::ordered_json;

ObjectReader::ObjectReader(const ordered_json& value, std::string place, std::string code)
    : value_(&value), place_(std::move(place)), code_(std::move(code)) {
    if (!value.is_object()) {
        throw Error(code_, (place_.empty() ? "it" : place_) + " is not an object");
    }
}

void ObjectReader::refuse(const std::string& name, const std::string& why) const {
    throw Error(code_, (place_.empty() ? "" : place_ + ".") + printable(name, 128) + " " + why);
}

const ordered_json& ObjectReader::value(const std::string& name) {
    const auto found = value_->find(name);
    if (found == value_->end()) {
        refuse(name, "is missing");
    }
    read_.insert(name);
    return *found;
}

ObjectReader ObjectReader::object(const std::string& name) {
    return {value(name), place_.empty() ? name : place_ + "." + name, code_};
}

std::vector<ObjectReader> ObjectReader::objects(const std::string& name) {
    const ordered_json& list = value(name);
    if (!list.is_array()) {
        refuse(name, "is not a list");
    }
    std::vector<ObjectReader> readers;
    readers.reserve(list.size());
    for (const ordered_json& one : list) {
        std::string place = place_.empty() ? name : place_ + "." + name;
        place += "[" + std::to_string(readers.size()) + "]";
        readers.emplace_back(one, std::move(place), code_);
    }
    return readers;
}

std::string ObjectReader::text(const std::string& name) {
    const ordered_json& one = value(name);
    if (!one.is_string()) {
        refuse(name, "is not a string");
    }
    return one.get<std::string>();
}

std::string ObjectReader::digest(const std::string& name) {
    std::string digits = text(name);
    if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
        refuse(name, "is not 64 lower-case hexadecimal digits");
    }
    return digits;
}

std::string ObjectReader::digest_or_empty(const std::string& name) {
    std::string digits = text(name);
    return digits.empty() ? digits : digest(name);
}

std::vector<std::string> ObjectReader::texts(const std::string& name) {
    const ordered_json& list = value(name);
    if (!list.is_array()) {
        refuse(name, "is not a list");
    }
    std::vector<std::string> result;
    result.reserve(list.size());
    for (const ordered_json& one : list) {
        if (!one.is_string()) {
            refuse(name, "holds something that is not a string");
        }
        result.push_back(one.get<std::string>());
    }
    return result;
}

std::map<std::string, ObjectReader> ObjectReader::objects_by_name(const std::string& name) {
    const ObjectReader map = object(name);
    std::map<std::string, ObjectReader> readers;
    for (auto one = map.value_->begin(); one != map.value_->end(); ++one) {
        readers.emplace(one.key(),
                        ObjectReader(*one, map.place_ + "[\"" + printable(one.key(), 128) + "\"]", code_));
    }
    return readers;
}

std::map<std::string, std::string> ObjectReader::texts_by_name(const std::string& name) {
    const ObjectReader map = object(name);
    std::map<std::string, std::string> result;
    for (auto one = map.value_->begin(); one != map.value_->end(); ++one) {
        if (!one->is_string()) {
            map.refuse(one.key(), "is not a string");
        }
        result.emplace(one.key(), one->get<std::string>());
    }
    return result;
}

bool ObjectReader::flag(const std::string& name) {
    const ordered_json& one = value(name);
    if (!one.is_boolean()) {
        refuse(name, "is neither true nor false");
    }
    return one.get<bool>();
}

std::int64_t ObjectReader::number(const std::string& name, std::int64_t lowest, std::int64_t highest) {
    const ordered_json& one = value(name);
    // An unsigned beyond int64 would wrap when it is read as signed.
    const bool wraps = one.is_number_unsigned() && one.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (!one.is_number_integer() || wraps || one.get<std::int64_t>() < lowest ||
        one.get<std::int64_t>() > highest) {
        refuse(name,
               "is not a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return one.get<std::int64_t>();
}

Instant ObjectReader::instant(const std::string& name) {
    const std::optional<Instant> when = parse_rfc3339(text(name));
    if (!when) {
        refuse(name, "is not a time as RFC 3339 has it");
    }
    return *when;
}

std::optional<Instant> ObjectReader::instant_or_null(const std::string& name) {
    return is_null(name) ? std::nullopt : std::optional<Instant>(instant(name));
}

bool ObjectReader::is_null(const std::string& name) {
    return value(name).is_null();
}

std::vector<std::string> ObjectReader::names() const {
    std::vector<std::string> result;
    for (auto one = value_->begin(); one != value_->end(); ++one) {
        result.push_back(one.key());
    }
    return result;
}

void ObjectReader::finish() const {
    for (auto one = value_->begin(); one != value_->end(); ++one) {
        if (!read_.contains(one.key())) {
            refuse(one.key(), "is not a field of this format");
        }
    }
}

ordered_json instant_or_null(const std::optional<Instant>& when) {
    return when ? ordered_json(to_rfc3339(*when)) : ordered_json(nullptr);
}

}  // namespace edgecert
