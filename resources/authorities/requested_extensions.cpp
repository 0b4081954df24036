// A small reader of DER (X.690), enough to walk through a request's extensions without trusting any length in
// it.
#include "resources/authorities/requested_extensions.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr unsigned char tag_boolean = 0x01;
constexpr unsigned char tag_bits = 0x03;
constexpr unsigned char tag_octets = 0x04;
constexpr unsigned char tag_oid = 0x06;
constexpr unsigned char tag_sequence = 0x30;
constexpr unsigned char tag_set = 0x31;
constexpr unsigned char tag_attributes = 0xA0;  // [0] of CertificationRequestInfo
constexpr unsigned char tag_dns = 0x82;         // [2] of GeneralName
constexpr unsigned char tag_ip = 0x87;          // [7]

struct Element {
    unsigned char tag{};
    std::string_view value{};
};

// Takes one element off the front of `bytes`; nullopt: there is none, or its length lies.
std::optional<Element> take(std::string_view& bytes) {
    if (bytes.size() < 2)
        return std::nullopt;
    const auto octet = [&bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    std::size_t length = octet(1);
    std::size_t header = 2;
    if (length >= 0x80U) {
        const std::size_t count = length & 0x7FU;
        if (count == 0 || count > 4 || bytes.size() < 2 + count)
            return std::nullopt;
        length = 0;
        for (std::size_t i = 0; i < count; ++i)
            length = (length << 8U) | octet(2 + i);
        header += count;
    }
    if (bytes.size() - header < length)
        return std::nullopt;
    const Element element{octet(0), bytes.substr(header, length)};
    bytes.remove_prefix(header + length);
    return element;
}

std::optional<std::string_view> take(std::string_view& bytes, unsigned char tag) {
    std::string_view rest = bytes;
    const std::optional<Element> element = take(rest);
    if (!element || element->tag != tag)
        return std::nullopt;
    bytes = rest;
    return element->value;
}

constexpr std::array<std::string_view, 2> extension_attributes{
    "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0E",      // 1.2.840.113549.1.9.14, PKCS#9 extensionRequest (RFC 2985)
    "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x0E",  // 1.3.6.1.4.1.311.2.1.14, what Microsoft wrote before it
};
constexpr std::string_view key_usage = "\x55\x1D\x0F";
constexpr std::string_view subject_alt_name = "\x55\x1D\x11";
constexpr std::string_view basic_constraints = "\x55\x1D\x13";
constexpr std::string_view extended_key_usage = "\x55\x1D\x25";

constexpr const char* unreadable = "its extensions cannot be read";

std::string objection_to_names(std::string_view value) {
    const auto names = take(value, tag_sequence);
    if (!names)
        return unreadable;
    std::string_view rest = *names;
    while (!rest.empty()) {
        const std::optional<Element> name = take(rest);
        if (!name)
            return unreadable;
        if (name->tag != tag_dns && name->tag != tag_ip)
            return "it asks for a name that is neither a DNS name nor an IP address";
    }
    return {};
}

std::string objection_to_constraints(std::string_view value) {
    const auto constraints = take(value, tag_sequence);
    if (!constraints)
        return unreadable;
    std::string_view rest = *constraints;
    const auto authority = take(rest, tag_boolean);
    const bool asks = authority && !authority->empty() && authority->front() != '\0';
    return asks ? "it asks for a certificate authority" : "";
}

std::string objection_to_key_usage(std::string_view value) {
    const auto bits = take(value, tag_bits);
    if (!bits || bits->empty())
        return unreadable;
    // RFC 5280 section 4.2.1.3: keyCertSign is bit 5 and cRLSign bit 6, counted from the most significant.
    constexpr unsigned authority_bits = 0x06U;
    const unsigned first = bits->size() > 1 ? static_cast<unsigned char>((*bits)[1]) : 0U;
    return (first & authority_bits) != 0 ? "it asks for the key usages of a certificate authority" : "";
}

std::string objection_to_extension(std::string_view extension) {
    const auto oid = take(extension, tag_oid);
    const auto critical = take(extension, tag_boolean);
    const auto value = take(extension, tag_octets);
    if (!oid || !value)
        return unreadable;
    if (*oid == subject_alt_name)
        return objection_to_names(*value);
    if (*oid == basic_constraints)
        return objection_to_constraints(*value);
    if (*oid == key_usage)
        return objection_to_key_usage(*value);
    if (*oid == extended_key_usage)
        return {};
    if (!critical || critical->empty() || critical->front() == '\0')
        return {};
    return "it asks for a critical extension that is not known here (OID in DER: " + to_hex(*oid) + ")";
}

std::string objection_to_attribute(std::string_view attribute) {
    const auto type = take(attribute, tag_oid);
    if (!type)
        return unreadable;
    bool extensions = false;
    for (const std::string_view known : extension_attributes)
        extensions = extensions || *type == known;
    if (!extensions)
        return {};
    const auto values = take(attribute, tag_set);
    if (!values)
        return unreadable;
    std::string_view set = *values;
    const auto list = take(set, tag_sequence);
    if (!list || !set.empty())
        return unreadable;
    std::string_view rest = *list;
    while (!rest.empty()) {
        const auto extension = take(rest, tag_sequence);
        if (!extension)
            return unreadable;
        std::string objection = objection_to_extension(*extension);
        if (!objection.empty())
            return objection;
    }
    return {};
}

struct RequestParts {
    std::string_view public_key{};  // with its header
    std::string_view attributes{};  // without
};

// RFC 2986 section 4.1: version, subject, subjectPKInfo, [0] attributes.
std::optional<RequestParts> parts_of(std::string_view der) {
    const auto request = take(der, tag_sequence);
    std::string_view inside = request.value_or("");
    const auto info = take(inside, tag_sequence);
    std::string_view rest = info.value_or("");
    if (!take(rest) || !take(rest, tag_sequence))
        return std::nullopt;
    const std::string_view before_key = rest;
    if (!take(rest, tag_sequence))
        return std::nullopt;
    RequestParts parts{.public_key = before_key.substr(0, before_key.size() - rest.size())};
    parts.attributes = take(rest, tag_attributes).value_or("");
    return parts;
}

}  // namespace

std::string objection_to_extensions(std::string_view request_der) {
    const std::optional<RequestParts> parts = parts_of(request_der);
    if (!parts)
        return "it is no certificate request";
    std::string_view attributes = parts->attributes;
    while (!attributes.empty()) {
        const auto attribute = take(attributes, tag_sequence);
        if (!attribute)
            return unreadable;
        std::string objection = objection_to_attribute(*attribute);
        if (!objection.empty())
            return objection;
    }
    return {};
}

std::string request_public_key(std::string_view request_der) {
    const std::optional<RequestParts> parts = parts_of(request_der);
    return std::string(parts ? parts->public_key : std::string_view());
}

}  // namespace edgecert
