// Values turned into OpenSSL's objects, for requests and certificates alike.
#include "resources/x509/build.h"

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/fields.h"

namespace edgecert::x509 {
namespace {

void add_part(X509_NAME* name, const ASN1_OBJECT* type, std::string_view value, const std::string& code) {
    if (value.empty()) {
        return;
    }
    if (type == nullptr ||
        X509_NAME_add_entry_by_OBJ(
            name, type, MBSTRING_UTF8, octets(value), static_cast<int>(value.size()), -1, 0) != 1) {
        fail(code, "the subject cannot hold \"" + printable(value) + '"');
    }
}

void add_other(X509_NAME* name, const std::string& other, const std::string& code) {
    const std::size_t equals = other.find('=');
    const ObjectHandle type(equals == std::string::npos ? nullptr
                                                        : OBJ_txt2obj(other.substr(0, equals).c_str(), 1));
    const std::string_view value =
        std::string_view(other).substr(equals == std::string::npos ? 0 : equals + 1);
    if (!type || value.empty() || value.front() == '#') {
        throw Error(code, "the subject cannot hold \"" + printable(other) + '"');
    }
    add_part(name, type.get(), value, code);
}

void push(GENERAL_NAMES* names, int type, ASN1_STRING* value, std::string_view bytes) {
    const Owned<ASN1_STRING, ASN1_STRING_free> held(value);
    GeneralNameHandle name(GENERAL_NAME_new());
    require(value != nullptr && name != nullptr, "allocation");
    require(ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) == 1, "ASN1_STRING_set");
    ASN1_STRING* copy = ASN1_STRING_dup(value);
    require(copy != nullptr, "ASN1_STRING_dup");
    GENERAL_NAME_set0_value(name.get(), type, copy);
    require(sk_GENERAL_NAME_push(names, name.get()) > 0, "sk_GENERAL_NAME_push");
    static_cast<void>(name.release());
}

bool is_visible(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string address_octets(const std::string& text, const std::string& code) {
    std::array<unsigned char, 16> octets{};
    if (inet_pton(AF_INET, text.c_str(), octets.data()) == 1) {
        return std::string(characters(octets.data(), 4));
    }
    if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1) {
        return std::string(characters(octets.data(), octets.size()));
    }
    throw Error(code, "\"" + printable(text) + "\" is no IP address");
}

}  // namespace

NameHandle build_name(const Subject& subject, const std::string& code) {
    NameHandle name(X509_NAME_new());
    require(name != nullptr, "X509_NAME_new");
    add_part(name.get(), OBJ_nid2obj(NID_countryName), subject.country, code);
    add_part(name.get(), OBJ_nid2obj(NID_stateOrProvinceName), subject.state, code);
    add_part(name.get(), OBJ_nid2obj(NID_localityName), subject.locality, code);
    add_part(name.get(), OBJ_nid2obj(NID_organizationName), subject.organization, code);
    add_part(name.get(), OBJ_nid2obj(NID_organizationalUnitName), subject.organizational_unit, code);
    add_part(name.get(), OBJ_nid2obj(NID_commonName), subject.common_name, code);
    for (const std::string& other : subject.other) {
        add_other(name.get(), other, code);
    }
    return name;
}

GeneralNamesHandle build_names(const Names& names, const std::string& code) {
    GeneralNamesHandle all(GENERAL_NAMES_new());
    require(all != nullptr, "GENERAL_NAMES_new");
    for (const std::string& dns : names.dns) {
        if (!is_visible(dns)) {
            throw Error(code, "\"" + printable(dns) + "\" is no DNS name");
        }
        push(all.get(), GEN_DNS, ASN1_STRING_type_new(V_ASN1_IA5STRING), dns);
    }
    for (const std::string& ip : names.ip) {
        push(all.get(), GEN_IPADD, ASN1_STRING_type_new(V_ASN1_OCTET_STRING), address_octets(ip, code));
    }
    return all;
}

UsagesHandle build_usages(const TextSet& usages, const std::string& code) {
    UsagesHandle all(EXTENDED_KEY_USAGE_new());
    require(all != nullptr, "EXTENDED_KEY_USAGE_new");
    for (const std::string& usage : usages) {
        ObjectHandle object = usage_object(usage);
        if (!object) {
            throw Error(
                code, "\"" + printable(usage) + "\" is no extended key usage", "serverAuth, or a dotted OID");
        }
        require(sk_ASN1_OBJECT_push(all.get(), object.get()) > 0, "sk_ASN1_OBJECT_push");
        static_cast<void>(object.release());
    }
    return all;
}

BitsHandle build_key_usage(const std::set<int>& bits) {
    BitsHandle usage(ASN1_BIT_STRING_new());
    require(usage != nullptr, "ASN1_BIT_STRING_new");
    for (const int bit : bits) {
        require(ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) == 1, "ASN1_BIT_STRING_set_bit");
    }
    return usage;
}

BitsHandle build_leaf_usage(KeyKind kind) {
    return kind.algorithm == KeyAlgorithm::rsa ? build_key_usage({digital_signature, key_encipherment})
                                               : build_key_usage({digital_signature});
}

const EVP_MD* signing_digest(const std::string& name) {
    if (name == "sha256") {
        return EVP_sha256();
    }
    if (name == "sha384") {
        return EVP_sha384();
    }
    if (name == "sha512") {
        return EVP_sha512();
    }
    throw Error(
        "bad-digest", "\"" + printable(name) + "\" is no digest to sign with", "sha256, sha384 or sha512");
}

void add_extension(ExtensionsHandle& extensions, int nid, void* value, bool critical) {
    STACK_OF(X509_EXTENSION)* list = extensions.release();
    const int added = X509V3_add1_i2d(&list, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT);
    extensions.reset(list);
    require(added == 1, "X509V3_add1_i2d");
}

void add_names(ExtensionsHandle& extensions, const Names& names, bool critical, const std::string& code) {
    if (names.size() > 0) {
        add_extension(extensions, NID_subject_alt_name, build_names(names, code).get(), critical);
    }
}

void add_usages(ExtensionsHandle& extensions, const TextSet& usages, const std::string& code) {
    if (!usages.empty()) {
        add_extension(extensions, NID_ext_key_usage, build_usages(usages, code).get(), false);
    }
}

}  // namespace edgecert::x509
