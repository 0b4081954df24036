// How much of a manifest is read at all: whoever writes more has made a mistake, or means harm.
#pragma once

#include <cstddef>

namespace edgecert::limits {

inline constexpr std::size_t file_bytes = std::size_t{64} << 20U;
inline constexpr std::size_t document_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t documents = 200'000;  // of one file
inline constexpr std::size_t nesting = 32;
inline constexpr std::size_t nodes = 100'000;   // of one document, keys included
inline constexpr std::size_t mistakes = 1'000;  // told of one file; the rest is counted

}  // namespace edgecert::limits
