// Typed reading of a Value tree: every field asked for by name and type, every mistake noted with its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/value.h"
#include "engine/time/instant.h"

namespace edgecert {

// A place inside a document that outlives it. document == null: nowhere.
struct Place {
    const Document* document{};
    Mark mark{};
};
[[nodiscard]] Source to_source(const Place& place);

// Collects diagnostics. A shared value that is wrong for many is one finding: `about` names for whom, and of
// several with one code, place and text the first is kept and counts the rest.
class Findings {
public:
    // `loading`: what was wrong with the documents as YAML; part of the result.
    explicit Findings(std::vector<Diagnostic> loading = {});

    void error(std::string_view code,
               const Place& where,
               std::string text,
               std::string hint = {},
               std::string_view about = {});
    void warning(std::string_view code,
                 const Place& where,
                 std::string text,
                 std::string hint = {},
                 std::string_view about = {});

    // From here to the end of `text`'s lines the source is never shown: it holds a secret.
    void conceal(const Place& where, std::string_view text);

    // Was something said of this very place while loading? Then an empty value there is not what was written.
    [[nodiscard]] bool told_while_loading(const Place& where) const;

    // All of them, those of loading included, by file, line, column, then code.
    [[nodiscard]] std::vector<Diagnostic> take();

private:
    struct Key {
        const Document* document{};
        Mark mark{};
        std::string code{};
        std::string text{};
        auto operator<=>(const Key&) const = default;
    };
    struct Kept {
        Diagnostic diagnostic{};
        std::string about{};
        std::size_t more{};
    };
    void add(Diagnostic diagnostic, const Place& where, std::string_view about);
    void hide_secrets(Diagnostic& diagnostic) const;

    std::vector<Diagnostic> loading_{};
    std::set<Source> told_{};
    std::map<Key, std::size_t> index_{};
    std::vector<Kept> kept_{};
    std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> concealed_{};  // file and line → column
};

// Text as written, and where.
struct Text {
    std::string_view value{};
    Place place{};
};

// One field as written. broken: it was said, wrongly, and reported; nobody should report what follows from
// it.
template <class T>
struct Field {
    enum class State : std::uint8_t { absent, cleared, broken, present };
    State state{State::absent};
    T value{};
    Place place{};

    [[nodiscard]] bool absent() const { return state == State::absent; }
    [[nodiscard]] bool present() const { return state == State::present; }
    [[nodiscard]] bool broken() const { return state == State::broken; }
};

// Does `key:` with nothing behind it, or null, clear what would be inherited, or is it a mistake?
enum class Null { refused, clears };

// The fields of one mapping. Asking for a key makes it known; finish() reports the keys that nobody asked
// for.
class Fields {
public:
    // `value` must be a mapping of `document`.
    Fields(Findings& findings, const Document& document, const Value& value, Mark key);

    [[nodiscard]] Findings& findings() const { return findings_; }
    [[nodiscard]] const Document& document() const { return document_; }
    [[nodiscard]] Place place() const { return {&document_, mark_}; }
    [[nodiscard]] Place place(const Value& value) const { return {&document_, value.mark}; }

    // The raw entry, or null.
    [[nodiscard]] const Entry* entry(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const;
    // All of them as written, for mappings whose keys are the user's own. Makes none of them known.
    [[nodiscard]] const List<Entry>& entries() const { return value_.entries; }

    [[nodiscard]] Field<std::string_view> text(std::string_view key,
                                               Null null = Null::refused);  // never empty
    [[nodiscard]] Field<bool> boolean(std::string_view key);
    [[nodiscard]] Field<int> number(std::string_view key, int least, int most, Null null = Null::refused);
    [[nodiscard]] Field<Seconds> duration(std::string_view key, Null null = Null::refused);
    [[nodiscard]] Field<std::string_view> choice(std::string_view key,
                                                 std::initializer_list<std::string_view> choices,
                                                 Null null = Null::refused);
    // A list of texts; items that are none are reported and left out, and the field is broken.
    [[nodiscard]] Field<std::vector<Text>> texts(std::string_view key, Null null = Null::refused);

    // A mapping inside; read(Fields&) gives its value.
    template <class Read>
    [[nodiscard]] auto object(std::string_view key, Read read, Null null = Null::refused)
        -> Field<decltype(read(std::declval<Fields&>()))>;

    // A list; read(const Value&) gives an item, or nullopt when it was broken and reported.
    template <class Read>
    [[nodiscard]] auto list(std::string_view key, Read read, Null null = Null::refused)
        -> Field<std::vector<typename decltype(read(std::declval<const Value&>()))::value_type>>;

    // Reports a key that is not there (null counts as not there, and was reported by its reader).
    void require(std::initializer_list<std::string_view> keys);
    // Reports all of `keys` that are there but for the first of them.
    void at_most_one(std::initializer_list<std::string_view> keys);
    void finish();

    // Hides from every excerpt what stands under this key, and under keys that nobody has asked for by now:
    // where secrets are declared, a misspelt key may hold one.
    void conceal(std::string_view key);
    void conceal_unknown();

    void wrong_type(const Value& value, std::string_view expected) const;

private:
    void conceal(const Value& value);
    // Null values and values of another kind are dealt with here; null: nothing more to read.
    template <class T>
    const Value* begin(
        std::string_view key, Value::Kind kind, std::string_view expected, Null null, Field<T>& field);
    [[nodiscard]] Field<std::string_view> scalar(std::string_view key, std::string_view expected, Null null);

    Findings& findings_;
    const Document& document_;
    const Value& value_;
    Mark mark_{};
    std::vector<std::string_view> known_{};
};

// Is it what people call a secret by, or nearly so?
[[nodiscard]] bool sounds_secret(std::string_view key);
// "`a`, `b` and `c`", cut after `most`.
[[nodiscard]] std::string ticked_list(const std::vector<std::string>& words, std::size_t most = 8);
// "did you mean `x`?", or what there is: "there are `a` and `b`", or "there is none".
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);
// "`x`", made harmless and short enough for a sentence.
[[nodiscard]] std::string ticked(std::string_view word);

// ---- templates
// ------------------------------------------------------------------------------------------------------

template <class T>
const Value* Fields::begin(
    std::string_view key, Value::Kind kind, std::string_view expected, Null null, Field<T>& field) {
    const Entry* found = entry(key);
    if (found == nullptr) {
        return nullptr;
    }
    field.place = place(found->value);
    if (found->value.kind == Value::Kind::null) {
        const bool told = findings_.told_while_loading(field.place);
        field.state = null == Null::clears && !told ? Field<T>::State::cleared : Field<T>::State::broken;
        if (null == Null::refused && !told) {
            wrong_type(found->value, expected);
        }
        return nullptr;
    }
    if (found->value.kind != kind) {
        field.state = Field<T>::State::broken;
        wrong_type(found->value, expected);
        return nullptr;
    }
    field.state = Field<T>::State::present;
    return &found->value;
}

template <class Read>
auto Fields::object(std::string_view key, Read read, Null null)
    -> Field<decltype(read(std::declval<Fields&>()))> {
    Field<decltype(read(std::declval<Fields&>()))> field{};
    const Value* mapping = begin(key, Value::Kind::mapping, "a mapping", null, field);
    if (mapping != nullptr) {
        Fields inner(findings_, document_, *mapping, entry(key)->mark);
        field.place.mark = inner.mark_;
        field.value = read(inner);
        inner.finish();
    }
    return field;
}

template <class Read>
auto Fields::list(std::string_view key, Read read, Null null)
    -> Field<std::vector<typename decltype(read(std::declval<const Value&>()))::value_type>> {
    Field<std::vector<typename decltype(read(std::declval<const Value&>()))::value_type>> field{};
    const Value* sequence = begin(key, Value::Kind::sequence, "a list", null, field);
    if (sequence == nullptr) {
        return field;
    }
    field.value.reserve(sequence->items.size());
    for (const Value& item : sequence->items) {
        auto read_item = read(item);
        if (read_item) {
            field.value.push_back(std::move(*read_item));
        } else {
            field.state = decltype(field)::State::broken;
        }
    }
    return field;
}

}  // namespace edgecert
