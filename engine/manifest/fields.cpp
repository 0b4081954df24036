// Typed reading of a Value tree, and the collection of what is wrong in it.
#include "engine/manifest/fields.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>

#include "engine/text/encoding.h"

namespace edgecert {

namespace {

std::string_view describe(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "nothing";
        case Value::Kind::scalar:
            return value.text.empty() ? "an empty text" : "a text";
        case Value::Kind::sequence:
            return "a list";
        case Value::Kind::mapping:
            return "a mapping";
    }
    return "something else";
}

// Decimal without sign or leading zeros: `010` and `+1` are nobody's idea of one number.
std::optional<int> plain_number(std::string_view text) {
    int number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = failure == std::errc{} && end == text.data() + text.size();
    if (!whole || (text.size() > 1 && text.front() == '0') || text.front() == '-') {
        return std::nullopt;
    }
    return number;
}

// One spelling a duration: digits without leading zeros, then s, m, h or d.
std::optional<Seconds> plain_duration(std::string_view text) {
    constexpr std::size_t longest = 8;
    if (text.size() < 2 || text.size() > longest || text.front() < '1' || text.front() > '9') {
        return std::nullopt;
    }
    const auto span = parse_duration(text);
    if (!span || *span > std::chrono::days{36500}) {
        return std::nullopt;
    }
    return span;
}

}  // namespace

Source to_source(const Place& place) {
    return place.document == nullptr ? Source{} : place.document->source(place.mark);
}

std::string ticked(std::string_view word) {
    return "`" + printable(word, 120) + "`";
}

std::string ticked_list(const std::vector<std::string>& words, std::size_t most) {
    std::string text;
    const std::size_t shown = std::min(words.size(), most);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) {
            text += i + 1 == words.size() ? " and " : ", ";
        }
        text += ticked(words[i]);
    }
    if (words.size() > shown) {
        text += " and " + std::to_string(words.size() - shown) + " more";
    }
    return text;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    if (!near.empty()) {
        return "did you mean " + ticked(near) + "?";
    }
    if (candidates.empty()) {
        return "there is none";
    }
    return (candidates.size() == 1 ? "there is only " : "there are ") + ticked_list(candidates);
}

// ---- Fields
// ---------------------------------------------------------------------------------------------------------

Fields::Fields(Findings& findings, const Document& document, const Value& value, Mark key)
    : findings_(findings), document_(document), value_(value), mark_(key.line == 0 ? value.mark : key) {}

bool Fields::has(std::string_view key) const {
    return value_.find(key) != nullptr;
}

const Entry* Fields::entry(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        known_.push_back(key);
    }
    for (const Entry& candidate : value_.entries) {
        if (candidate.key == key) {
            return &candidate;
        }
    }
    return nullptr;
}

void Fields::wrong_type(const Value& value, std::string_view expected) const {
    std::string hint;
    if (value.kind == Value::Kind::scalar && expected.starts_with("a list")) {
        hint = "write [" + printable(value.text, 120) + "]";
    }
    findings_.error("wrong-type",
                    place(value),
                    "expected " + std::string(expected) + ", found " + std::string(describe(value)),
                    hint);
}

Field<std::string_view> Fields::scalar(std::string_view key, std::string_view expected, Null null) {
    Field<std::string_view> field{};
    const Value* value = begin(key, Value::Kind::scalar, expected, null, field);
    if (value == nullptr) {
        return field;
    }
    field.value = value->text;
    const auto control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20U || byte == 0x7F; };
    if (std::any_of(field.value.begin(), field.value.end(), control)) {
        findings_.error(
            "bad-text", field.place, "a text of one line is wanted here, without control characters");
        field.state = Field<std::string_view>::State::broken;
    }
    return field;
}

Field<std::string_view> Fields::text(std::string_view key, Null null) {
    auto field = scalar(key, "a text", null);
    if (field.present() && field.value.empty()) {
        findings_.error("wrong-type", field.place, "expected a text, found an empty one");
        field.state = Field<std::string_view>::State::broken;
    }
    return field;
}

Field<bool> Fields::boolean(std::string_view key) {
    Field<bool> field{};
    const Value* value = begin(key, Value::Kind::scalar, "true or false", Null::refused, field);
    if (value == nullptr) {
        return field;
    }
    field.value = value->text == "true";
    if (value->quoted || (value->text != "true" && value->text != "false")) {
        findings_.error(
            "bad-boolean",
            field.place,
            "expected true or false, found " + ticked(value->text),
            value->quoted ? "without quotes" : "nothing else is a boolean here: yes and on are texts");
        field.state = Field<bool>::State::broken;
    }
    return field;
}

Field<int> Fields::number(std::string_view key, int least, int most, Null null) {
    Field<int> field{};
    const Value* value = begin(key, Value::Kind::scalar, "a number", null, field);
    if (value == nullptr) {
        return field;
    }
    const auto number = value->quoted || value->text.empty() ? std::nullopt : plain_number(value->text);
    if (!number || *number < least || *number > most) {
        findings_.error("bad-number",
                        field.place,
                        "expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
                            ", found " + (value->quoted ? "the text " : "") + ticked(value->text),
                        value->quoted ? "a number is written without quotes"
                        : number      ? ""
                                      : "decimal digits, no leading zero, no quotes");
        field.state = Field<int>::State::broken;
        return field;
    }
    field.value = *number;
    return field;
}

Field<Seconds> Fields::duration(std::string_view key, Null null) {
    const auto written = scalar(key, "a duration", null);
    Field<Seconds> field{};
    field.place = written.place;
    field.state = static_cast<Field<Seconds>::State>(written.state);
    if (!written.present()) {
        return field;
    }
    const auto span = plain_duration(written.value);
    if (!span) {
        findings_.error("bad-duration",
                        field.place,
                        "expected a duration, found " + ticked(written.value),
                        "digits and one of s, m, h, d, as in 90m, 36h or 30d; at most 36500d");
        field.state = Field<Seconds>::State::broken;
        return field;
    }
    field.value = *span;
    return field;
}

Field<std::string_view> Fields::choice(std::string_view key,
                                       std::initializer_list<std::string_view> choices,
                                       Null null) {
    auto field = scalar(key, "a text", null);
    if (field.present() && std::find(choices.begin(), choices.end(), field.value) == choices.end()) {
        const std::vector<std::string> candidates(choices.begin(), choices.end());
        findings_.error("bad-choice",
                        field.place,
                        "expected one of " + ticked_list(candidates) + ", found " + ticked(field.value),
                        nearest(field.value, candidates).empty() ? "" : suggestion(field.value, candidates));
        field.state = Field<std::string_view>::State::broken;
    }
    return field;
}

Field<std::vector<Text>> Fields::texts(std::string_view key, Null null) {
    const auto read = [&](const Value& item) -> std::optional<Text> {
        if (item.kind != Value::Kind::scalar || item.text.empty()) {
            wrong_type(item, "a text");
            return std::nullopt;
        }
        if (item.text.find('\0') != std::string_view::npos) {
            findings_.error("bad-text", place(item), "a text cannot hold a NUL");
            return std::nullopt;
        }
        return Text{item.text, place(item)};
    };
    return list(key, read, null);
}

void Fields::require(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        if (entry(key) == nullptr) {
            findings_.error("missing-key", place(), "the key " + ticked(key) + " is missing here");
        }
    }
}

void Fields::at_most_one(std::initializer_list<std::string_view> keys) {
    std::string_view first;
    for (const std::string_view key : keys) {
        const Entry* found = entry(key);
        if (found == nullptr) {
            continue;
        }
        if (first.empty()) {
            first = key;
            continue;
        }
        findings_.error("conflicting-keys",
                        {&document_, found->mark},
                        ticked(key) + " cannot be said together with " + ticked(first),
                        "keep one of them");
    }
}

void Fields::conceal(const Value& value) {
    if (value.kind == Value::Kind::scalar) {
        findings_.conceal(place(value), value.text);
    }
    for (const Value& item : value.items) {
        conceal(item);
    }
    for (const Entry& inner : value.entries) {
        conceal(inner.value);
    }
}

void Fields::conceal(std::string_view key) {
    if (const Entry* written = entry(key)) {
        conceal(written->value);
    }
}

void Fields::conceal_unknown() {
    for (const Entry& written : value_.entries) {
        if (std::find(known_.begin(), known_.end(), written.key) == known_.end()) {
            conceal(written.value);
        }
    }
}

void Fields::finish() {
    for (const Entry& written : value_.entries) {
        if (std::find(known_.begin(), known_.end(), written.key) != known_.end()) {
            continue;
        }
        if (sounds_secret(written.key)) {
            conceal(written.value);
        }
        const std::vector<std::string> known(known_.begin(), known_.end());
        const std::string near = nearest(written.key, known);
        findings_.error("unknown-key",
                        {&document_, written.mark},
                        "unknown key " + ticked(written.key),
                        near.empty() ? "the keys known here are " + ticked_list(known, 20)
                                     : suggestion(written.key, known));
    }
}

}  // namespace edgecert
