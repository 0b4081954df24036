// Requests written field by field: no encoder of the system does all of it everywhere.
#include "resources/windows_node/request.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <ws2tcpip.h>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/der.h"
#include "resources/windows_node/hash.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::size_t longest_common_name = 64;  // ub-common-name (RFC 5280 appendix A.1)

std::size_t characters_in(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string attribute(const char* type, const std::string& value, std::size_t most) {
    if (value.empty()) {
        return {};
    }
    if (characters_in(value) > most || !is_utf8(value)) {
        throw Error(refused, "\"" + printable(value, 80) + "\" is too long for a subject, or no UTF-8");
    }
    const bool country = std::string_view(type) == "2.5.4.6";
    return der(tag::set,
               {der(tag::sequence,
                    {der_oid(type), der(country ? tag::printable : tag::utf8, std::string_view(value))})});
}

// C, ST, L, O, OU, CN, the order in which CAs write them.
std::string subject_name(const x509::RequestContents& contents) {
    const x509::Subject& subject = contents.subject;
    std::string common_name = subject.common_name;
    if (characters_in(common_name) > longest_common_name) {
        std::string host = common_name;
        std::transform(host.begin(), host.end(), host.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (!contents.names.dns.contains(host)) {
            throw Error(refused,
                        "the common name \"" + printable(common_name) + "\" is longer than 64 characters");
        }
        common_name.clear();
    }
    return der(tag::sequence,
               {attribute("2.5.4.6", subject.country, 2),
                attribute("2.5.4.8", subject.state, 128),
                attribute("2.5.4.7", subject.locality, 128),
                attribute("2.5.4.10", subject.organization, 64),
                attribute("2.5.4.11", subject.organizational_unit, 64),
                attribute("2.5.4.3", common_name, longest_common_name)});
}

std::string extension(const char* type, bool critical, const std::string& value) {
    const std::string flag = critical ? std::string("\x01\x01\xFF", 3) : std::string();
    return der(tag::sequence, {der_oid(type), flag, der(tag::octet_string, std::string_view(value))});
}

std::string alternative_names(const x509::Names& names) {
    std::string all;
    for (const std::string& dns : names.dns) {
        all += der(0x82, std::string_view(dns));
    }
    for (const std::string& ip : names.ip) {
        std::array<char, 16> bytes{};
        const bool six = ip.find(':') != std::string::npos;
        if (::inet_pton(six ? AF_INET6 : AF_INET, ip.c_str(), bytes.data()) != 1) {
            throw Error(refused, "\"" + printable(ip, 64) + "\" is no address");
        }
        all += der(0x87, std::string_view(bytes.data(), six ? 16 : 4));
    }
    return der(tag::sequence, std::string_view(all));
}

struct Usage {
    std::string_view name{};
    std::string_view oid{};
};
constexpr std::array<Usage, 7> usages{{{"serverAuth", "1.3.6.1.5.5.7.3.1"},
                                       {"clientAuth", "1.3.6.1.5.5.7.3.2"},
                                       {"codeSigning", "1.3.6.1.5.5.7.3.3"},
                                       {"emailProtection", "1.3.6.1.5.5.7.3.4"},
                                       {"timeStamping", "1.3.6.1.5.5.7.3.8"},
                                       {"OCSPSigning", "1.3.6.1.5.5.7.3.9"},
                                       {"anyExtendedKeyUsage", "2.5.29.37.0"}}};

std::string extended_usages(const TextSet& wanted) {
    std::string all;
    for (const std::string& name : wanted) {
        const auto* const known = std::find_if(
            usages.begin(), usages.end(), [&name](const Usage& one) { return one.name == name; });
        all += der_oid(known == usages.end() ? std::string_view(name) : known->oid);
    }
    return der(tag::sequence, std::string_view(all));
}

std::string extensions(const x509::RequestContents& contents, bool empty_subject) {
    // digitalSignature and keyEncipherment (RFC 5280 section 4.2.1.3)
    std::string all = extension("2.5.29.15", true, der(tag::bit_string, std::string_view("\x05\xA0", 2)));
    if (!contents.extended_key_usage.empty()) {
        all += extension("2.5.29.37", false, extended_usages(contents.extended_key_usage));
    }
    if (contents.names.size() != 0) {
        all += extension("2.5.29.17", empty_subject, alternative_names(contents.names));
    }
    return der(tag::sequence, std::string_view(all));
}

std::string signature_algorithm(const std::string& digest) {
    const char* const oid = digest == "sha256"   ? "1.2.840.113549.1.1.11"
                            : digest == "sha384" ? "1.2.840.113549.1.1.12"
                                                 : "1.2.840.113549.1.1.13";
    return der(tag::sequence, {der_oid(oid), der(tag::null, std::string_view{})});
}

std::string signed_whole(const std::string& body, const Container& key, const std::string& digest) {
    return der(tag::sequence, {body, signature_algorithm(digest), der_bits(sign(key, body, digest))});
}

std::string pem(const char* label, const std::string& bytes) {
    const std::string text = to_base64(bytes);
    std::string out = std::string("-----BEGIN ") + label + "-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64) {
        out += text.substr(at, 64) + "\n";
    }
    return out + "-----END " + label + "-----\n";
}

std::string utc_time(Instant when) {
    const std::string text = to_rfc3339(when);  // 2026-11-22T09:46:07Z
    std::string digits;
    for (const char c : text.substr(2)) {
        if (c >= '0' && c <= '9') {
            digits += c;
        }
    }
    return der(tag::utc_time, std::string_view(digits + "Z"));
}

std::string common_name(const std::string& name) {
    return der(tag::sequence, {attribute("2.5.4.3", name, longest_common_name)});
}

}  // namespace

std::string make_request(const x509::RequestContents& contents, const Container& key) {
    const std::string name = subject_name(contents);
    const std::string asked = extensions(contents, name.size() == 2);
    const std::string attributes =
        der(tag::context(0),
            {der(tag::sequence, {der_oid("1.2.840.113549.1.9.14"), der(tag::set, std::string_view(asked))})});
    const std::string body =
        der(tag::sequence, {der_unsigned(std::string_view("\0", 1)), name, public_key(key), attributes});
    return pem("CERTIFICATE REQUEST", signed_whole(body, key, contents.digest));
}

std::string make_certificate(const CertificateOrder& order, const Container& signer) {
    std::string serial = random_bytes(16);
    serial.front() = static_cast<char>((static_cast<unsigned char>(serial.front()) & 0x3FU) | 0x40U);
    const std::string validity = der(
        tag::sequence, {utc_time(order.now - std::chrono::hours{1}), utc_time(order.now + order.lifetime)});
    std::string extra;
    if (order.authority) {  // basicConstraints with cA set (RFC 5280 section 4.2.1.9)
        const std::string yes =
            extension("2.5.29.19", true, der(tag::sequence, std::string_view("\x01\x01\xFF", 3)));
        extra = der(tag::context(3), {der(tag::sequence, std::string_view(yes))});
    }
    const std::string body = der(tag::sequence,
                                 {der(tag::context(0), {der_unsigned(std::string_view("\x02", 1))}),
                                  der_unsigned(serial),
                                  signature_algorithm("sha256"),
                                  common_name(order.issuer),
                                  validity,
                                  common_name(order.subject),
                                  order.spki,
                                  extra});
    return signed_whole(body, signer, "sha256");
}

std::string make_placeholder(const Container& key, const std::string& name, Instant now) {
    const std::string subject = name.substr(0, longest_common_name);
    return make_certificate({.subject = subject,
                             .issuer = subject,
                             .spki = public_key(key),
                             .now = now,
                             .lifetime = std::chrono::days{365}},
                            key);
}

}  // namespace edgecert::windows
