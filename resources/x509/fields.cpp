// Names, keys and signature algorithms of certificates and requests, read out of OpenSSL's objects into
// values.
#include "resources/x509/fields.h"

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/text/encoding.h"

namespace edgecert::x509 {
namespace {

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
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

// The field that a known attribute type fills; null: none of ours.
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

}  // namespace

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
    // RFC 5480 section 2.1.1: a curve is named. One spelled out, be it the same, is taken by few.
    int spelled_out = 0;
    if (type == EVP_PKEY_EC &&
        (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out) != 1 ||
         spelled_out != 1)) {
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

}  // namespace edgecert::x509
