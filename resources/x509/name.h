// Subjects and subject alternative names as values that compare the way certificates mean them.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/text_set.h"

namespace edgecert::x509 {

// A distinguished name in the order CN, O, OU, L, ST, C that the manifest knows; empty text: absent. Values
// are UTF-8 whatever string type the DER used, so a CA that re-encodes PrintableString as UTF8String changes
// nothing.
struct Subject {
    std::string common_name{};
    std::string organization{};
    std::string organizational_unit{};
    std::string locality{};
    std::string state{};
    std::string country{};
    std::vector<std::string> other{};  // "dotted-oid=value" or a second value of a known type, sorted
    bool operator==(const Subject&) const = default;
};
[[nodiscard]] std::string to_text(const Subject& subject);  // "CN=…, O=…", only what is there

// dNSName and iPAddress entries as sets: order and letter case never matter. dns: A-labels, lower case, no
// trailing dot. ip: canonical text (inet_ntop). What a certificate carries is shown as it is, wildcards and
// underscores too.
struct Names {
    TextSet dns{};
    TextSet ip{};
    auto operator<=>(const Names&) const = default;
    [[nodiscard]] bool contains(const Names& other) const;
    [[nodiscard]] std::size_t size() const { return dns.size() + ip.size(); }
};
[[nodiscard]] std::vector<std::string> to_list(const Names& names);  // dns first, sorted

// Folds a host name: UTS 46 / IDNA 2008 to A-labels (libidn2), lower case, trailing dot off. nullopt: no host
// name (RFC 1123: labels of letters, digits and hyphens, 1 to 63, at most 253 in all; underscores, wildcards
// and empty labels are none; nor is a name whose last label is all digits, which is an address or a slip in
// one).
[[nodiscard]] std::optional<std::string> fold_host_name(std::string_view text);
// IPv4 dotted or IPv6, in its canonical text.
[[nodiscard]] std::optional<std::string> fold_ip_address(std::string_view text);

}  // namespace edgecert::x509
