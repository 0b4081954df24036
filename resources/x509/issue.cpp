// Signs certificates: a root, an issuing CA, and what requests ask for (RFC 5280 section 4).
#include "resources/x509/issue.h"

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/build.h"
#include "resources/x509/fields.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_issuance = "bad-issuance";
constexpr std::size_t longest_serial = 20;  // RFC 5280 section 4.1.2.2

void check(const Issuance& what, const PrivateKey& key, const CertificateRef& issuer) {
    if (issuer != nullptr && issuer->spki_sha256 != key.spki_sha256) {
        throw Error(bad_issuance, "the signing key is not the key of " + issuer->subject_text);
    }
    if (issuer != nullptr && !issuer->is_authority) {
        throw Error(bad_issuance, issuer->subject_text + " is no certificate authority");
    }
    if (issuer == nullptr && !what.spki_der.empty() && what.spki_der != key.spki_der) {
        throw Error(bad_issuance, "a self-signed certificate certifies the key that signs it");
    }
    if (what.not_after <= what.not_before) {
        throw Error(bad_issuance, "the validity ends before it begins");
    }
}

void set_serial(X509* certificate, const std::string& hex) {
    const std::optional<std::string> bytes = from_hex(hex);
    const bool positive = bytes && std::any_of(bytes->begin(), bytes->end(), [](char c) { return c != 0; });
    if (!positive || bytes->size() > longest_serial ||
        (static_cast<unsigned char>(bytes->front()) & 0x80U) != 0) {
        throw Error(bad_issuance,
                    "\"" + printable(hex) + "\" is no serial number",
                    "up to 20 octets in hex, positive");
    }
    const NumberHandle number(BN_bin2bn(octets(*bytes), static_cast<int>(bytes->size()), nullptr));
    require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
            "a serial number");
}

void set_validity(X509* certificate, const Issuance& what) {
    // ASN1_TIME_set itself takes UTCTime through 2049 and GeneralizedTime from then on.
    const std::time_t from = what.not_before.time_since_epoch().count();
    const std::time_t to = what.not_after.time_since_epoch().count();
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), from) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(certificate), to) == nullptr) {
        fail(bad_issuance, "the validity cannot be written");
    }
}

void set_names(X509* certificate, const Subject& subject, const CertificateRef& issuer) {
    const NameHandle own = build_name(subject, bad_issuance);
    // The issuer's name as its own bytes: chains are built by comparing them.
    const NameHandle above =
        issuer == nullptr ? nullptr : decode_whole<NameHandle>(d2i_X509_NAME, issuer->subject_der);
    require(issuer == nullptr || above != nullptr, "the issuer's name");
    require(X509_set_subject_name(certificate, own.get()) == 1, "X509_set_subject_name");
    require(X509_set_issuer_name(certificate, above ? above.get() : own.get()) == 1, "X509_set_issuer_name");
}

// RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bit string.
std::string key_id(const X509_PUBKEY* spki) {
    const unsigned char* bits = nullptr;
    int length = 0;
    require(X509_PUBKEY_get0_param(nullptr, &bits, &length, nullptr, spki) == 1, "X509_PUBKEY_get0_param");
    const std::optional<std::string> digest =
        from_hex(sha1(characters(bits, static_cast<std::size_t>(length))));
    require(digest.has_value(), "a key identifier");
    return *digest;
}

OctetsHandle octet_string(std::string_view bytes) {
    OctetsHandle value(ASN1_OCTET_STRING_new());
    require(value && ASN1_OCTET_STRING_set(value.get(), octets(bytes), static_cast<int>(bytes.size())) == 1,
            "octets");
    return value;
}

GeneralNameHandle url_name(const std::string& url) {
    const bool visible = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!visible ||
        !(url.starts_with("http://") || url.starts_with("https://") || url.starts_with("ldap://"))) {
        throw Error(bad_issuance, "\"" + printable(url) + "\" is no URL", "http://host/path");
    }
    GeneralNameHandle name(GENERAL_NAME_new());
    Owned<ASN1_IA5STRING, ASN1_IA5STRING_free> text(ASN1_IA5STRING_new());
    require(name && text && ASN1_STRING_set(text.get(), url.data(), static_cast<int>(url.size())) == 1,
            "a URL");
    GENERAL_NAME_set0_value(name.get(), GEN_URI, text.release());
    return name;
}

void add_distribution_point(ExtensionsHandle& extensions, const std::string& url) {
    GeneralNameHandle name = url_name(url);
    const PointsHandle points(CRL_DIST_POINTS_new());
    Owned<DIST_POINT, DIST_POINT_free> point(DIST_POINT_new());
    require(points && point, "allocation");
    point->distpoint = DIST_POINT_NAME_new();
    require(point->distpoint != nullptr, "DIST_POINT_NAME_new");
    point->distpoint->type = 0;  // fullName
    point->distpoint->name.fullname = GENERAL_NAMES_new();
    require(point->distpoint->name.fullname != nullptr, "GENERAL_NAMES_new");
    require(sk_GENERAL_NAME_push(point->distpoint->name.fullname, name.get()) > 0, "sk_GENERAL_NAME_push");
    static_cast<void>(name.release());
    require(sk_DIST_POINT_push(points.get(), point.get()) > 0, "sk_DIST_POINT_push");
    static_cast<void>(point.release());
    add_extension(extensions, NID_crl_distribution_points, points.get(), false);
}

void add_issuer_url(ExtensionsHandle& extensions, const std::string& url) {
    GeneralNameHandle name = url_name(url);
    const Owned<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free> access(AUTHORITY_INFO_ACCESS_new());
    Owned<ACCESS_DESCRIPTION, ACCESS_DESCRIPTION_free> entry(ACCESS_DESCRIPTION_new());
    require(access && entry, "allocation");
    ASN1_OBJECT_free(entry->method);
    entry->method = OBJ_nid2obj(NID_ad_ca_issuers);
    GENERAL_NAME_free(entry->location);
    entry->location = name.release();
    require(sk_ACCESS_DESCRIPTION_push(access.get(), entry.get()) > 0, "sk_ACCESS_DESCRIPTION_push");
    static_cast<void>(entry.release());
    add_extension(extensions, NID_info_access, access.get(), false);
}

void add_constraints(ExtensionsHandle& extensions, const Issuance& what, KeyKind kind) {
    const ConstraintsHandle constraints(BASIC_CONSTRAINTS_new());
    require(constraints != nullptr, "BASIC_CONSTRAINTS_new");
    constraints->ca = what.authority ? 0xFF : 0;
    if (what.authority && what.path_length) {
        constraints->pathlen = ASN1_INTEGER_new();
        require(constraints->pathlen && ASN1_INTEGER_set(constraints->pathlen, *what.path_length) == 1,
                "a path length");
    }
    add_extension(extensions, NID_basic_constraints, constraints.get(), true);
    const BitsHandle usage =
        what.authority ? build_key_usage({key_cert_sign, crl_sign}) : build_leaf_usage(kind);
    add_extension(extensions, NID_key_usage, usage.get(), true);
}

void add_key_ids(ExtensionsHandle& extensions, const X509_PUBKEY* spki, const CertificateRef& issuer) {
    const std::string own = key_id(spki);
    add_extension(extensions, NID_subject_key_identifier, octet_string(own).get(), false);
    std::string above = own;
    if (issuer != nullptr) {
        const std::optional<std::string> named = from_hex(issuer->subject_key_id);
        if (!named || named->empty()) {
            return;  // an issuer without an identifier of its own cannot be pointed at
        }
        above = *named;
    }
    const AuthorityKeyHandle authority(AUTHORITY_KEYID_new());
    require(authority != nullptr, "AUTHORITY_KEYID_new");
    authority->keyid = octet_string(above).release();
    add_extension(extensions, NID_authority_key_identifier, authority.get(), false);
}

void set_extensions(X509* certificate, const Issuance& what, KeyKind kind, const CertificateRef& issuer) {
    ExtensionsHandle extensions;
    const bool nameless = X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
    add_constraints(extensions, what, kind);
    add_usages(extensions, what.extended_key_usage, bad_issuance);
    add_names(extensions, what.names, nameless, bad_issuance);
    add_key_ids(extensions, X509_get_X509_PUBKEY(certificate), issuer);
    if (!what.distribution_point.empty()) {
        add_distribution_point(extensions, what.distribution_point);
    }
    if (!what.issuer_url.empty()) {
        add_issuer_url(extensions, what.issuer_url);
    }
    const int count = sk_X509_EXTENSION_num(extensions.get());
    for (int i = 0; i < count; ++i) {
        require(X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions.get(), i), -1) == 1,
                "X509_add_ext");
    }
}

}  // namespace

CertificateRef sign_certificate(const Issuance& what, const PrivateKey& key, const CertificateRef& issuer) {
    const ErrorQueue errors;
    check(what, key, issuer);
    const EVP_MD* digest = signing_digest(what.digest);
    const KeyHandle signer = load_key(key);
    const KeyHandle certified = load_public_key(issuer == nullptr ? key.spki_der : what.spki_der);
    const CertificateHandle certificate(X509_new());
    require(certificate != nullptr, "X509_new");
    require(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "X509_set_version");
    set_serial(certificate.get(), what.serial);
    set_validity(certificate.get(), what);
    set_names(certificate.get(), what.subject, issuer);
    require(X509_set_pubkey(certificate.get(), certified.get()) == 1, "X509_set_pubkey");
    set_extensions(certificate.get(), what, key_kind(certified.get()), issuer);
    if (X509_sign(certificate.get(), signer.get(), digest) <= 0) {
        fail(bad_issuance, "the certificate could not be signed");
    }
    return parse_certificate(encode(i2d_X509, certificate.get()));
}

}  // namespace edgecert::x509
