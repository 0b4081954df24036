// The Value tree: one YAML document as it was written, every value with its place; no meaning yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {

// Line and column from 1, in code points; the file is the document's.
struct Mark {
    std::uint32_t line{};
    std::uint32_t column{};
    auto operator<=>(const Mark&) const = default;
};

struct Entry;

// A scalar keeps its text as written (after YAML's own unquoting); whether `010` or `yes` is a number or a boolean is
// decided by the field that reads it, never here. Texts are views into the Document's arena.
struct Value {
    enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
    Kind kind{Kind::null};
    bool quoted{};             // a quoted or block scalar: always text
    Mark mark{};
    std::string_view text{};       // scalar
    std::vector<Value> items{};    // sequence
    std::vector<Entry> entries{};  // mapping, in written order; duplicate keys were already reported and dropped

    [[nodiscard]] const Value* find(std::string_view key) const;  // mapping entry, or null
};

struct Entry {
    std::string_view key{};
    Mark mark{};  // of the key
    Value value{};
};

// A file's bytes, kept for the excerpts of diagnostics and as the arena of its documents' texts.
struct File {
    std::string path{};   // as shown to people
    std::string bytes{};
    [[nodiscard]] std::string_view line(std::uint32_t number) const;  // without its end; empty when there is none
};

struct Document {
    std::shared_ptr<const File> file{};
    std::shared_ptr<const void> arena{};  // keeps the texts of escaped scalars alive
    Value root{};                         // a mapping

    [[nodiscard]] Source source(Mark mark) const { return {file->path, mark.line, mark.column}; }
};

}  // namespace edgecert
