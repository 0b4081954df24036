// Extensions of certificates and requests, read out of OpenSSL's objects into values (RFC 5280 section 4.2).
#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/fields.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

constexpr int most_extensions = 100;

struct UsageName {
    int nid;
    const char* name;
};
constexpr std::array<UsageName, 7> usage_names{{{NID_server_auth, "serverAuth"},
                                                {NID_client_auth, "clientAuth"},
                                                {NID_code_sign, "codeSigning"},
                                                {NID_email_protect, "emailProtection"},
                                                {NID_time_stamp, "timeStamping"},
                                                {NID_OCSP_sign, "OCSPSigning"},
                                                {NID_anyExtendedKeyUsage, "anyExtendedKeyUsage"}}};

// A dNSName as certificates carry it: visible ASCII. Wildcards and underscores are kept, so that they are
// seen.
std::optional<std::string> folded_dns(const ASN1_STRING* name) {
    std::string text(characters(name));
    for (char& c : text) {
        if (c <= ' ' || c > '~') {
            return std::nullopt;
        }
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    if (text.ends_with('.')) {
        text.pop_back();
    }
    if (text.empty()) {
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> address_text(const ASN1_STRING* octets) {
    const int length = ASN1_STRING_length(octets);
    if (length != 4 && length != 16) {
        return std::nullopt;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = length == 4 ? AF_INET : AF_INET6;
    if (inet_ntop(family, ASN1_STRING_get0_data(octets), text.data(), text.size()) == nullptr) {
        return std::nullopt;
    }
    return std::string(text.data());
}

void read_names(const GENERAL_NAMES* all, ExtensionValues& into) {
    const int count = sk_GENERAL_NAME_num(all);
    for (int i = 0; i < count; ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
        std::optional<std::string> text;
        if (name->type == GEN_DNS) {
            text = folded_dns(name->d.dNSName);
        } else if (name->type == GEN_IPADD) {
            text = address_text(name->d.iPAddress);
        }
        if (!text) {
            ++into.other_names;
        } else if (name->type == GEN_DNS) {
            into.names.dns.insert(*std::move(text));
        } else {
            into.names.ip.insert(*std::move(text));
        }
    }
}

bool read_usages(std::string_view der, ExtensionValues& into) {
    const auto usages = decode_whole<UsagesHandle>(d2i_EXTENDED_KEY_USAGE, der);
    if (!usages) {
        return false;
    }
    const int count = sk_ASN1_OBJECT_num(usages.get());
    for (int i = 0; i < count; ++i) {
        into.extended_key_usage.insert(usage_name(sk_ASN1_OBJECT_value(usages.get(), i)));
    }
    return true;
}

// One extension's value; false: it is broken. Extensions that no field is made of are not looked into.
bool read_value(int nid, std::string_view der, ExtensionValues& into) {
    if (nid == NID_subject_alt_name) {
        const auto names = decode_whole<GeneralNamesHandle>(d2i_GENERAL_NAMES, der);
        if (names) {
            read_names(names.get(), into);
        }
        return names != nullptr;
    }
    if (nid == NID_ext_key_usage) {
        return read_usages(der, into);
    }
    if (nid == NID_basic_constraints) {
        const auto constraints = decode_whole<ConstraintsHandle>(d2i_BASIC_CONSTRAINTS, der);
        into.is_authority = constraints && constraints->ca != 0;
        return constraints != nullptr;
    }
    if (nid == NID_crl_distribution_points) {
        const auto points = decode_whole<PointsHandle>(d2i_CRL_DIST_POINTS, der);
        into.has_crl_distribution_point = points && sk_DIST_POINT_num(points.get()) > 0;
        return points != nullptr;
    }
    if (nid == NID_subject_key_identifier) {
        const auto id = decode_whole<OctetsHandle>(d2i_ASN1_OCTET_STRING, der);
        into.subject_key_id = id ? to_hex(characters(id.get())) : std::string();
        return id != nullptr;
    }
    if (nid == NID_authority_key_identifier) {
        const auto id = decode_whole<AuthorityKeyHandle>(d2i_AUTHORITY_KEYID, der);
        if (id && id->keyid != nullptr) {
            into.authority_key_id = to_hex(characters(id->keyid));
        }
        return id != nullptr;
    }
    return true;
}

}  // namespace

std::string usage_name(const ASN1_OBJECT* usage) {
    const int nid = OBJ_obj2nid(usage);
    for (const UsageName& known : usage_names) {
        if (nid != NID_undef && known.nid == nid) {
            return known.name;
        }
    }
    return dotted(usage);
}

ObjectHandle usage_object(const std::string& name) {
    for (const UsageName& known : usage_names) {
        if (known.name == name) {
            return ObjectHandle(OBJ_nid2obj(known.nid));
        }
    }
    return ObjectHandle(OBJ_txt2obj(name.c_str(), 1));
}

ExtensionValues read_extensions(const STACK_OF(X509_EXTENSION) * extensions, const std::string& code) {
    ExtensionValues values;
    const int count = extensions == nullptr ? 0 : sk_X509_EXTENSION_num(extensions);
    if (count > most_extensions) {
        throw Error(code, "more than 100 extensions");
    }
    std::vector<std::string_view> seen;
    seen.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        X509_EXTENSION* extension = sk_X509_EXTENSION_value(extensions, i);
        const ASN1_OBJECT* type = X509_EXTENSION_get_object(extension);
        const std::string_view oid = characters(OBJ_get0_data(type), OBJ_length(type));
        if (std::find(seen.begin(), seen.end(), oid) != seen.end()) {
            throw Error(code, "the extension " + dotted(type) + " is there twice");
        }
        seen.push_back(oid);
        if (!read_value(OBJ_obj2nid(type), characters(X509_EXTENSION_get_data(extension)), values)) {
            throw Error(code, "the extension " + dotted(type) + " is broken");
        }
    }
    return values;
}

}  // namespace edgecert::x509
