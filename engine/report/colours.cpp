// SGR sequences.
#include "engine/report/colours.h"

#include <string>
#include <string_view>

namespace edgecert {

namespace {

std::string_view sequence(Colour colour) {
    switch (colour) {
        case Colour::bold:
            return "\x1b[1m";
        case Colour::green:
            return "\x1b[32m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::red:
            return "\x1b[31m";
        case Colour::cyan:
            return "\x1b[36m";
        case Colour::faint:
            return "\x1b[2m";
    }
    return "";
}

}  // namespace

std::string coloured(std::string_view text, Colour colour, bool enabled) {
    if (!enabled) {
        return std::string(text);
    }
    return std::string(sequence(colour)) + std::string(text) + "\x1b[0m";
}

}  // namespace edgecert
