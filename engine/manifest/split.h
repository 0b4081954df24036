// A file's bytes before YAML is spoken: are they text at all, and where do its documents begin and end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/manifest/value.h"

namespace edgecert {

// Bytes that may hold one document: from its "---" line (or where the last one ended) to the next, which
// YAML 1.2 section 9.1.2 ends every document with, even inside a block scalar.
struct Piece {
    std::size_t begin{};
    std::size_t end{};
    std::uint32_t line{};       // of `begin`, from 1
    std::uint32_t directive{};  // the line of a "%" directive that we do not take; 0: none
    std::uint32_t stray{};      // the column of text behind a "...", which is this whole piece; 0: it is none
};

[[nodiscard]] std::vector<Piece> split_documents(std::string_view bytes);

// What no YAML stream may hold (YAML 1.2 section 5.1): bytes that are not UTF-8, control characters; and what
// would look different to a reader: a carriage return alone, a byte-order mark inside.
struct Fault {
    std::size_t position{};
    std::string code{};
    std::string text{};
};

[[nodiscard]] std::optional<Fault> find_fault(std::string_view bytes);

// The place of a byte, counted from the beginning: for the one fault of a file or document, not for every
// value.
[[nodiscard]] Mark mark_of(std::string_view bytes, std::size_t position, std::uint32_t first_line);

}  // namespace edgecert
