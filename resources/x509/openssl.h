// OpenSSL's objects with their deleters, its encodings as strings, and its error queue in words; private to
// this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace edgecert::x509 {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* what) const {
        Free(what);
    }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;

// OpenSSL's stacks and buffers are freed by macros, which have no address.
inline void free_certificates(STACK_OF(X509) * stack) {
    sk_X509_pop_free(stack, X509_free);
}
inline void free_extensions(STACK_OF(X509_EXTENSION) * stack) {
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}
inline void free_safes(STACK_OF(PKCS7) * stack) {
    sk_PKCS7_pop_free(stack, PKCS7_free);
}
inline void free_bags(STACK_OF(PKCS12_SAFEBAG) * stack) {
    sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free);
}
inline void free_buffer(void* buffer) {
    OPENSSL_free(buffer);
}

using CertificateHandle = Owned<X509, X509_free>;
using CertificatesHandle = Owned<STACK_OF(X509), free_certificates>;
using RequestHandle = Owned<X509_REQ, X509_REQ_free>;
using NameHandle = Owned<X509_NAME, X509_NAME_free>;
using ObjectHandle = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OctetsHandle = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using BitsHandle = Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using GeneralNameHandle = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using GeneralNamesHandle = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using UsagesHandle = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using ConstraintsHandle = Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using PointsHandle = Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using AuthorityKeyHandle = Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using ExtensionsHandle = Owned<STACK_OF(X509_EXTENSION), free_extensions>;
using PssHandle = Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;
using Pkcs8Handle = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using KeyHandle = Owned<EVP_PKEY, EVP_PKEY_free>;
using BioHandle = Owned<BIO, BIO_free_all>;
using NumberHandle = Owned<BIGNUM, BN_clear_free>;
using BufferHandle = Owned<unsigned char, free_buffer>;

// Nothing of an earlier failure heads ours, and nothing of ours is left for the next caller of OpenSSL in
// this thread.
class ErrorQueue {
public:
    ErrorQueue();
    ErrorQueue(const ErrorQueue&) = delete;
    ErrorQueue& operator=(const ErrorQueue&) = delete;
    ~ErrorQueue();
};

// OpenSSL's reason for what just failed, or "no reason given"; empties the queue.
[[nodiscard]] std::string drained_reason();

// Throws Error with OpenSSL's reason behind the text.
[[noreturn]] void fail(const std::string& code, const std::string& text);
// The same unless `good`: for calls that only fail for want of memory or by a mistake of ours.
void require(bool good, const char* what);

[[nodiscard]] inline const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
[[nodiscard]] inline std::string_view characters(const unsigned char* bytes, std::size_t length) {
    return {reinterpret_cast<const char*>(bytes), length};
}
[[nodiscard]] inline std::string_view characters(const ASN1_STRING* text) {
    return characters(ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text)));
}

// d2i over all of `der`: null when it is broken or bytes follow, which d2i itself lets pass.
template <typename Handle, typename Decode>
[[nodiscard]] Handle decode_whole(Decode decode, std::string_view der) {
    const unsigned char* at = octets(der);
    const unsigned char* const end = at + der.size();
    Handle handle(decode(nullptr, &at, static_cast<long>(der.size())));
    if (at != end) {
        handle.reset();
    }
    return handle;
}

// i2d into a string.
template <typename Encode, typename T>
[[nodiscard]] std::string encode(Encode i2d, T* object) {
    const int length = i2d(object, nullptr);
    require(length > 0, "encoding");
    std::string der(static_cast<std::size_t>(length), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    require(i2d(object, &at) == length, "encoding");
    return der;
}

}  // namespace edgecert::x509
