// Reads key files: what we write ourselves in the short way, everything else in OpenSSL's own.
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "resources/x509/fields.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

// Given to every PEM reader, which would else ask for a password on the terminal. Notes that one was wanted.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

// What we write, and nothing before it; null: anything else, which is read in OpenSSL's own way.
KeyHandle read_own_form(std::string_view text) {
    constexpr std::string_view label = "PRIVATE KEY";
    constexpr std::string_view begin = "-----BEGIN PRIVATE KEY-----";
    if (!text.starts_with(begin)) {
        return nullptr;
    }
    const ErrorQueue errors;
    const BioHandle in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    require(in != nullptr, "BIO_new_mem_buf");
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    long length = 0;
    if (PEM_read_bio(in.get(), &name, &header, &der, &length) != 1) {
        return nullptr;
    }
    KeyHandle key;
    const auto size = static_cast<std::size_t>(length);
    if (name == label && *header == '\0') {
        key = decode_pkcs8(characters(der, size));
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, size);
    return key;
}

bool says(const EVP_PKEY* key, const char* name, std::string_view value) {
    std::array<char, 32> text{};
    return EVP_PKEY_get_utf8_string_param(key, name, text.data(), text.size(), nullptr) == 1 &&
           std::string_view(text.data()) == value;
}

// RFC 5480 section 2: a named curve, and the point uncompressed. "": a key of another kind or form.
std::string named_curve_key_der(const EVP_PKEY* key) {
    const KeyKind kind = key_kind(key);
    if (kind.algorithm != KeyAlgorithm::ecdsa ||
        !says(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP) ||
        !says(key,
              OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
              OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED)) {
        return {};
    }
    std::array<unsigned char, 1 + 2 * 48> point{};
    const auto expected = 1 + 2 * static_cast<std::size_t>(kind.bits / 8);
    std::size_t length = 0;
    if (EVP_PKEY_get_octet_string_param(
            key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(), &length) != 1 ||
        length != expected || point[0] != POINT_CONVERSION_UNCOMPRESSED) {
        return {};
    }
    const Owned<X509_PUBKEY, X509_PUBKEY_free> info(X509_PUBKEY_new());
    BufferHandle bits(static_cast<unsigned char*>(OPENSSL_memdup(point.data(), length)));
    const int curve = kind.bits == 256 ? NID_X9_62_prime256v1 : NID_secp384r1;
    require(info && bits &&
                X509_PUBKEY_set0_param(info.get(),
                                       OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                                       V_ASN1_OBJECT,
                                       OBJ_nid2obj(curve),
                                       bits.get(),
                                       static_cast<int>(length)) == 1,
            "a public key");
    static_cast<void>(bits.release());
    return encode(i2d_X509_PUBKEY, info.get());
}

}  // namespace

std::string public_key_der(const EVP_PKEY* key) {
    std::string der = named_curve_key_der(key);
    return der.empty() ? encode(i2d_PUBKEY, key) : der;
}

KeyHandle decode_pkcs8(std::string_view der) {
    const auto info = decode_whole<Pkcs8Handle>(d2i_PKCS8_PRIV_KEY_INFO, der);
    const ASN1_OBJECT* algorithm = nullptr;
    if (!info || PKCS8_pkey_get0(&algorithm, nullptr, nullptr, nullptr, info.get()) != 1) {
        return nullptr;
    }
    const int kind = OBJ_obj2nid(algorithm);
    const char* name =
        kind == NID_X9_62_id_ecPublicKey ? "EC" : (kind == NID_rsaEncryption ? "RSA" : nullptr);
    if (name == nullptr) {
        return nullptr;
    }
    EVP_PKEY* read = nullptr;
    const Owned<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free> decoder(OSSL_DECODER_CTX_new_for_pkey(
        &read, "DER", "PrivateKeyInfo", name, EVP_PKEY_KEYPAIR, nullptr, nullptr));
    const unsigned char* at = octets(der);
    std::size_t left = der.size();
    const bool whole = decoder && OSSL_DECODER_from_data(decoder.get(), &at, &left) == 1 && left == 0;
    KeyHandle key(read);
    return whole ? std::move(key) : nullptr;
}

ReadKey read_key(std::string_view pem) {
    if (KeyHandle key = read_own_form(pem)) {
        return {.key = std::move(key), .encrypted = false};
    }
    const BioHandle in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    require(in != nullptr, "BIO_new_mem_buf");
    ReadKey read;
    read.key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, refuse_password, &read.encrypted));
    return read;
}

}  // namespace edgecert::x509
