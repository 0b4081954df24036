// Lengths, integers, object identifiers.
#include "resources/windows_node/der.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert::windows {
namespace {

unsigned char byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

// Base 128, the last byte without the high bit (X.690 section 8.19.2).
void append_arc(std::string& out, std::uint64_t arc) {
    std::string digits(1, static_cast<char>(arc & 0x7FU));
    while ((arc >>= 7U) != 0) {
        digits.insert(digits.begin(), static_cast<char>(0x80U | (arc & 0x7FU)));
    }
    out += digits;
}

}  // namespace

void DerReader::bad() const {
    throw Error(code_, "this is no DER, or another structure than expected");
}

DerReader::Element DerReader::take() {
    if (rest_.size() < 2 || (byte_at(rest_, 0) & 0x1FU) == 0x1FU) {
        bad();
    }
    std::size_t length = byte_at(rest_, 1);
    std::size_t header = 2;
    if (length > 0x80) {
        const std::size_t count = length - 0x80;
        if (count > 4 || rest_.size() < 2 + count) {
            bad();
        }
        length = 0;
        for (std::size_t at = 0; at < count; ++at) {
            length = (length << 8U) | byte_at(rest_, 2 + at);
        }
        header += count;
    } else if (length == 0x80) {
        bad();
    }
    if (rest_.size() - header < length) {
        bad();
    }
    const Element element{.tag = byte_at(rest_, 0),
                          .whole = rest_.substr(0, header + length),
                          .body = rest_.substr(header, length)};
    rest_.remove_prefix(header + length);
    return element;
}

DerReader::Element DerReader::take(unsigned char wanted) {
    if (!next_is(wanted)) {
        bad();
    }
    return take();
}

std::string_view DerReader::take_unsigned() {
    std::string_view digits = take(tag::integer).body;
    if (digits.empty() || (byte_at(digits, 0) & 0x80U) != 0) {
        bad();
    }
    while (digits.size() > 1 && digits.front() == '\0') {
        digits.remove_prefix(1);
    }
    return digits;
}

void DerReader::finish() const {
    if (!at_end()) {
        bad();
    }
}

std::string der(unsigned char tag, std::string_view body) {
    std::string out(1, static_cast<char>(tag));
    if (body.size() < 0x80) {
        out += static_cast<char>(body.size());
    } else {
        std::string length;
        for (std::size_t left = body.size(); left != 0; left >>= 8U) {
            length.insert(length.begin(), static_cast<char>(left & 0xFFU));
        }
        out += static_cast<char>(0x80U | length.size());
        out += length;
    }
    out += body;
    return out;
}

std::string der(unsigned char tag, std::initializer_list<std::string> parts) {
    std::string body;
    for (const std::string& part : parts) {
        body += part;
    }
    return der(tag, std::string_view(body));
}

std::string der_unsigned(std::string_view big_endian) {
    while (big_endian.size() > 1 && big_endian.front() == '\0') {
        big_endian.remove_prefix(1);
    }
    std::string body(big_endian);
    if (body.empty() || (byte_at(body, 0) & 0x80U) != 0) {
        body.insert(body.begin(), '\0');
    }
    return der(tag::integer, std::string_view(body));
}

std::string der_oid(std::string_view dotted) {
    std::vector<std::uint64_t> arcs;
    const char* at = dotted.data();
    const char* const end = at + dotted.size();
    while (at != end) {
        std::uint64_t arc = 0;
        const auto [stopped, failure] = std::from_chars(at, end, arc);
        if (failure != std::errc{} || (stopped != end && (*stopped != '.' || stopped + 1 == end))) {
            arcs.clear();
            break;
        }
        arcs.push_back(arc);
        at = stopped == end ? end : stopped + 1;
    }
    if (arcs.size() < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39) || arcs[1] > 1'000'000) {
        throw Error("store-refused", "\"" + printable(dotted, 80) + "\" is no object identifier");
    }
    std::string body;
    append_arc(body, arcs[0] * 40 + arcs[1]);
    for (std::size_t index = 2; index < arcs.size(); ++index) {
        append_arc(body, arcs[index]);
    }
    return der(tag::oid, std::string_view(body));
}

std::string der_bits(std::string_view bytes) {
    return der(tag::bit_string, std::string(1, '\0').append(bytes));
}

}  // namespace edgecert::windows
