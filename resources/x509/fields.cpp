// Names, keys and extensions of certificates and requests, read out of OpenSSL's objects into values.
#include "resources/x509/fields.h"

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

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

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

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

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return text;
}

// RFC 4055 section 3.1: the digest stands in the parameters, and left out it is SHA-1.
std::string pss_digest(const ASN1_STRING* parameters) {
    const auto pss = decode_whole<PssHandle>(d2i_RSA_PSS_PARAMS, characters(parameters));
    if (!pss) {
        return lower_case(OBJ_nid2sn(NID_rsassaPss));
    }
    if (pss->hashAlgorithm == nullptr) {
        return "sha1";
    }
    const ASN1_OBJECT* digest = nullptr;
    X509_ALGOR_get0(&digest, nullptr, nullptr, pss->hashAlgorithm);
    const int nid = OBJ_obj2nid(digest);
    return nid == NID_undef ? dotted(digest) : lower_case(OBJ_nid2sn(nid));
}

}  // namespace

std::string* subject_field(Subject& subject, int nid) {
    switch (nid) {
        case NID_commonName:
            return &subject.common_name;
        case NID_organizationName:
            return &subject.organization;
        case NID_organizationalUnitName:
            return &subject.organizational_unit;
        case NID_localityName:
            return &subject.locality;
        case NID_stateOrProvinceName:
            return &subject.state;
        case NID_countryName:
            return &subject.country;
        default:
            return nullptr;
    }
}

std::optional<std::string> text_of(const ASN1_STRING* value) {
    const int type = ASN1_STRING_type(value);
    const std::string_view raw = characters(value);
    const bool bytewise =
        type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING;
    if (bytewise && is_ascii(raw)) {
        return std::string(raw);
    }
    unsigned char* out = nullptr;
    const int length = ASN1_STRING_to_UTF8(&out, value);
    if (length < 0) {
        return std::nullopt;
    }
    const BufferHandle held(out);
    std::string text(characters(out, static_cast<std::size_t>(length)));
    if (!is_utf8(text)) {
        return std::nullopt;
    }
    return text;
}

Subject read_subject(const X509_NAME* name) {
    Subject subject;
    const int count = X509_NAME_entry_count(name);
    for (int i = 0; i < count; ++i) {
        const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
        const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
        std::optional<std::string> text = text_of(value);
        std::string* field = subject_field(subject, OBJ_obj2nid(type));
        if (text && field != nullptr && field->empty()) {
            *field = *std::move(text);
        } else {
            // RFC 4514 section 2.4: what is no text is shown as '#' and hex.
            subject.other.push_back(dotted(type) + "=" + (text ? *text : "#" + to_hex(characters(value))));
        }
    }
    std::sort(subject.other.begin(), subject.other.end());
    return subject;
}

std::string name_text(const X509_NAME* name) {
    const BioHandle out(BIO_new(BIO_s_mem()));
    require(out != nullptr, "BIO_new");
    if (X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
        // A string whose bytes are no text of its type: without the conversion it prints, byte by byte.
        constexpr unsigned long raw =
            XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_UTF8_CONVERT);
        require(BIO_reset(out.get()) == 1 && X509_NAME_print_ex(out.get(), name, 0, raw) >= 0,
                "X509_NAME_print_ex");
    }
    char* data = nullptr;
    const long length = BIO_get_mem_data(out.get(), &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

KeyKind key_kind(const EVP_PKEY* key) {
    if (key == nullptr) {
        return {KeyAlgorithm::other, 0};
    }
    const int bits = EVP_PKEY_get_bits(key);
    const int type = EVP_PKEY_get_base_id(key);
    if (type == EVP_PKEY_RSA) {
        return {KeyAlgorithm::rsa, bits};
    }
    if (type == EVP_PKEY_EC) {
        std::array<char, 64> group{};
        std::size_t length = 0;
        if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1) {
            const std::string_view curve(group.data(), length);
            if (curve == SN_X9_62_prime256v1 || curve == SN_secp384r1) {
                return {KeyAlgorithm::ecdsa, bits};
            }
        }
    }
    return {KeyAlgorithm::other, bits};
}

std::string dotted(const ASN1_OBJECT* object) {
    std::array<char, 256> text{};
    const int length = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
    if (length <= 0) {
        return "0";
    }
    if (static_cast<std::size_t>(length) < text.size()) {
        return {text.data(), static_cast<std::size_t>(length)};
    }
    // Longer than any OID in use: the whole of it, or two different ones would look alike.
    std::string longer(static_cast<std::size_t>(length) + 1, '\0');
    OBJ_obj2txt(longer.data(), static_cast<int>(longer.size()), object, 1);
    longer.pop_back();
    return longer;
}

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

std::string signature_digest(const X509_ALGOR* algorithm) {
    const ASN1_OBJECT* signature = nullptr;
    int type = 0;
    const void* parameters = nullptr;
    X509_ALGOR_get0(&signature, &type, &parameters, algorithm);
    const int nid = OBJ_obj2nid(signature);
    if (nid == NID_rsassaPss && type == V_ASN1_SEQUENCE) {
        return pss_digest(static_cast<const ASN1_STRING*>(parameters));
    }
    int digest = NID_undef;
    if (OBJ_find_sigid_algs(nid, &digest, nullptr) == 1 && digest != NID_undef) {
        return lower_case(OBJ_nid2sn(digest));
    }
    return nid == NID_undef ? dotted(signature) : lower_case(OBJ_nid2sn(nid));
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
