// Colours of a terminal, or nothing.
#pragma once

#include <string>
#include <string_view>

namespace edgecert {

enum class Colour { bold, green, yellow, red, cyan, faint };

// The text between the colour's sequence and its end (ECMA-48 SGR), or as it is.
[[nodiscard]] std::string coloured(std::string_view text, Colour colour, bool enabled);

}  // namespace edgecert
