// Subjects and alternative names: their text, and host names and addresses folded to one form.
#include "resources/x509/name.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <idn2.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgecert::x509 {
namespace {

// RFC 1035 section 2.3.4, in text without the trailing dot.
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
// A name in Unicode may be longer than its A-labels' limit in bytes, but not without bound.
constexpr std::size_t longest_input = 1024;

void append_part(std::string& text, std::string_view type, std::string_view value) {
    if (value.empty()) {
        return;
    }
    if (!text.empty()) {
        text += ", ";
    }
    text.append(type);
    for (const char c : value) {
        if (std::string_view(",+\"\\<>;").find(c) != std::string_view::npos) {
            text += '\\';
        }
        text += c;
    }
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), fits);
}

// RFC 1123 section 2.1. The last label is never all digits: such a text is an address, or a slip in one.
bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > longest_name) {
        return false;
    }
    for (;;) {
        const std::size_t dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (!is_label(label)) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return !std::all_of(label.begin(), label.end(), is_digit);
        }
        name.remove_prefix(dot + 1);
    }
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return lower;
}

struct FreeIdn2 {
    void operator()(char* text) const { idn2_free(text); }
};

std::optional<std::string> to_a_labels(const std::string& name) {
    char* raw = nullptr;
    if (idn2_to_ascii_8z(name.c_str(), &raw, IDN2_NONTRANSITIONAL) != IDN2_OK) {
        return std::nullopt;
    }
    const std::unique_ptr<char, FreeIdn2> held(raw);
    return lower_case(held.get());
}

}  // namespace

std::string to_text(const Subject& subject) {
    std::string text;
    append_part(text, "CN=", subject.common_name);
    append_part(text, "O=", subject.organization);
    append_part(text, "OU=", subject.organizational_unit);
    append_part(text, "L=", subject.locality);
    append_part(text, "ST=", subject.state);
    append_part(text, "C=", subject.country);
    for (const std::string& other : subject.other) {
        append_part(text, "", other);
    }
    return text;
}

bool Names::contains(const Names& other) const {
    return std::includes(dns.begin(), dns.end(), other.dns.begin(), other.dns.end()) &&
           std::includes(ip.begin(), ip.end(), other.ip.begin(), other.ip.end());
}

std::vector<std::string> to_list(const Names& names) {
    std::vector<std::string> list(names.dns.begin(), names.dns.end());
    list.insert(list.end(), names.ip.begin(), names.ip.end());
    return list;
}

std::optional<std::string> fold_host_name(std::string_view text) {
    if (text.size() > longest_input || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string name = lower_case(text);
    const bool ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    // Plain ASCII needs no mapping; an A-label is checked by decoding it (RFC 5891 section 5.4).
    if (!ascii || name.starts_with("xn--") || name.find(".xn--") != std::string::npos) {
        std::optional<std::string> mapped = to_a_labels(name);
        if (!mapped) {
            return std::nullopt;
        }
        name = *std::move(mapped);
    }
    if (name.ends_with('.')) {
        name.pop_back();
    }
    if (!is_host_name(name)) {
        return std::nullopt;
    }
    return name;
}

std::optional<std::string> fold_ip_address(std::string_view text) {
    if (text.find('\0') != std::string_view::npos || text.size() >= INET6_ADDRSTRLEN) {
        return std::nullopt;
    }
    const std::string address(text);
    for (const int family : {AF_INET, AF_INET6}) {
        std::array<unsigned char, 16> octets{};
        std::array<char, INET6_ADDRSTRLEN> canonical{};
        if (inet_pton(family, address.c_str(), octets.data()) == 1 &&
            inet_ntop(family, octets.data(), canonical.data(), canonical.size()) != nullptr) {
            return std::string(canonical.data());
        }
    }
    return std::nullopt;
}

}  // namespace edgecert::x509
