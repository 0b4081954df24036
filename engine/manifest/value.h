// The Value tree: one YAML document as it was written, every value with its place; no meaning yet.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/shared_text.h"

namespace edgecert {

// Line and column from 1, in code points; the file is the document's.
struct Mark {
    std::uint32_t line{};
    std::uint32_t column{};
    auto operator<=>(const Mark&) const = default;
};

// An immutable list in a Document's arena: one pointer, so that the many values without children stay small.
template <typename Element>
class List {
public:
    struct Body {
        const Element* first{};
        std::size_t size{};
    };

    List() = default;
    explicit List(const Body* body) : body_(body) {}

    [[nodiscard]] const Element* begin() const { return body_ == nullptr ? nullptr : body_->first; }
    [[nodiscard]] const Element* end() const { return begin() + size(); }
    [[nodiscard]] std::size_t size() const { return body_ == nullptr ? 0 : body_->size; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] const Element& operator[](std::size_t index) const { return body_->first[index]; }
    [[nodiscard]] const Element& front() const { return *begin(); }
    [[nodiscard]] const Element& back() const { return *(end() - 1); }

private:
    const Body* body_{};
};

struct Entry;

// A scalar keeps its text as written (after YAML's own unquoting); whether `010` or `yes` is a number or a
// boolean is decided by the field that reads it, never here. Texts and lists lie in the file's bytes or the
// Document's arena: a Value is copied shallowly and lives no longer than its Document.
struct Value {
    enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
    Mark mark{};
    std::string_view text{};  // scalar
    List<Value> items{};      // sequence
    List<Entry> entries{};    // mapping, in written order; duplicate keys were already reported and dropped
    Kind kind{Kind::null};
    bool quoted{};  // a quoted or block scalar: always text

    [[nodiscard]] const Value* find(std::string_view key) const;  // mapping entry, or null
};

struct Entry {
    std::string_view key{};
    Mark mark{};  // of the key
    Value value{};
};

// A file's bytes, kept for the excerpts of diagnostics and as the arena of its documents' texts. A byte-order
// mark is not among them.
struct File {
    SharedText path{};  // as shown to people
    std::string bytes{};
    std::vector<std::uint32_t>
        landmarks{};  // where every 256th line begins, the first one included; may be missing

    void index_lines();  // fills the landmarks
    [[nodiscard]] std::string_view line(
        std::uint32_t number) const;  // without its end; empty when there is none
};

struct Document {
    std::shared_ptr<const File> file{};
    std::shared_ptr<const void> arena{};  // keeps lists and the texts of escaped scalars alive
    Value root{};                         // a mapping
    std::string_view bytes{};             // as written, in the file
    std::uint32_t line{};                 // where they begin

    [[nodiscard]] Source source(Mark mark) const { return {file->path, mark.line, mark.column}; }
};

// An error at a place, with the line as excerpt (unless it is over 4 KiB long, which nobody reads).
[[nodiscard]] Diagnostic mistake_at(
    const File& file, Mark mark, std::string code, std::string text, std::string hint = {});

}  // namespace edgecert
