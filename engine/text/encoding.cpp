// Hexadecimal, base64, UTF-8 checking and harmless text.
#include "engine/text/encoding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace edgecert {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What each byte means in base64; 64: nothing.
constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(64);
    for (std::size_t value = 0; value < base64_digits.size(); ++value) {
        values[static_cast<unsigned char>(base64_digits[value])] = static_cast<std::uint8_t>(value);
    }
    return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

void append_escaped(std::string& out, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    out += "\\x";
    out += hex_digits[value >> 4U];
    out += hex_digits[value & 0xFU];
}

// Characters that change what a line looks like without being seen: C0, DEL, C1, the line and paragraph
// separators, and the marks that turn the direction of writing (Unicode TR 36, "bidirectional text
// spoofing").
bool is_unseen(std::uint32_t character) {
    return character < 0x20 || (character >= 0x7F && character <= 0x9F) || character == 0x061C ||
           character == 0x200E || character == 0x200F || (character >= 0x2028 && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xFEFF;
}

// The sixteen-bit-and-more base64 group as bytes; `digits` of its four characters carry data.
void append_group(std::string& out, std::uint32_t group, std::size_t digits) {
    for (std::size_t index = 0; index + 1 < digits; ++index) {
        out += static_cast<char>((group >> (16U - 8U * index)) & 0xFFU);
    }
}

bool is_name_end(char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
}

// Nearly all text is ASCII, of which eight bytes at once need not be taken apart: how many bytes such words
// make at the beginning.
std::size_t ascii_words(std::string_view bytes) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::size_t position = 0;
    for (std::uint64_t word = 0; position + sizeof word <= bytes.size(); position += sizeof word) {
        std::memcpy(&word, bytes.data() + position, sizeof word);
        if ((word & high_bits) != 0) {
            break;
        }
    }
    return position;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += hex_digits[value >> 4U];
        text += hex_digits[value & 0xFU];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t index = 0; index < text.size(); index += 2) {
        const int high = hex_value(text[index]);
        const int low = hex_value(text[index + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t index = 0; index < bytes.size(); index += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - index);
        std::uint32_t group = byte_at(bytes, index) << 16U;
        group |= count > 1 ? byte_at(bytes, index + 1) << 8U : 0U;
        group |= count > 2 ? byte_at(bytes, index + 2) : 0U;
        for (std::size_t digit = 0; digit < 4; ++digit) {
            text += digit <= count ? base64_digits[(group >> (18U - 6U * digit)) & 0x3FU] : '=';
        }
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t index = 0; index < text.size(); index += 4) {
        std::size_t digits = 4;
        if (index + 4 == text.size() && text[index + 3] == '=') {
            digits = text[index + 2] == '=' ? 2 : 3;
        }
        std::uint32_t group = 0;
        for (std::size_t digit = 0; digit < digits; ++digit) {
            const std::uint32_t value = base64_values[byte_at(text, index + digit)];
            if (value == base64_digits.size()) {
                return std::nullopt;
            }
            group |= value << (18U - 6U * digit);
        }
        // RFC 4648 section 3.5: the unused bits must be zero, so that bytes have one encoding only.
        const std::uint32_t unused = digits == 2 ? 0xFFFFU : (digits == 3 ? 0xFFU : 0U);
        if ((group & unused) != 0) {
            return std::nullopt;
        }
        append_group(bytes, group, digits);
    }
    return bytes;
}

Utf8 utf8_at(std::string_view bytes, std::size_t position) {
    const std::string_view rest = bytes.substr(position);
    if (rest.empty()) {
        return {};
    }
    const std::uint32_t lead = byte_at(rest, 0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    // RFC 3629 section 4: how many bytes follow, and which character is the first that needs so many.
    const std::size_t length = lead >= 0xF0 ? 4U : (lead >= 0xE0 ? 3U : 2U);
    constexpr std::array<std::uint32_t, 5> first = {0, 0, 0x80, 0x800, 0x10000};
    if (lead < 0xC2 || lead > 0xF4 || rest.size() < length) {
        return {};
    }
    std::uint32_t character = lead & (0xFFU >> (length + 1));
    for (std::size_t index = 1; index < length; ++index) {
        const std::uint32_t next = byte_at(rest, index);
        if ((next & 0xC0U) != 0x80U) {
            return {};
        }
        character = (character << 6U) | (next & 0x3FU);
    }
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (surrogate || character < first.at(length) || character > 0x10FFFF) {
        return {};
    }
    return {character, length};
}

bool is_utf8(std::string_view bytes) {
    std::size_t position = ascii_words(bytes);
    while (position < bytes.size()) {
        const std::size_t length = utf8_at(bytes, position).length;
        if (length == 0) {
            return false;
        }
        position += length;
    }
    return true;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    out.reserve(std::min(text.size(), limit));
    std::size_t position = 0;
    while (position < text.size()) {
        const Utf8 next = utf8_at(text, position);
        const std::size_t length = std::max<std::size_t>(next.length, 1);
        if (position + length > limit) {
            return out + "…";
        }
        if (next.length != 0 && !is_unseen(next.character)) {
            out += text.substr(position, length);
        } else {
            for (const char byte : text.substr(position, length)) {
                append_escaped(out, byte);
            }
        }
        position += length;
    }
    return out;
}

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > 63 || !is_name_end(text.front()) || !is_name_end(text.back())) {
        return false;
    }
    return std::all_of(text.begin(), text.end(), [](char character) {
        return is_name_end(character) || character == '-' || character == '.';
    });
}

}  // namespace edgecert
