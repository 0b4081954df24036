// Signatures of certificates, verified without building OpenSSL's object of each: that takes longer than the
// signature.
#include "resources/x509/signature.h"

#include <openssl/asn1t.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "resources/x509/chain.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

void free_parts(STACK_OF(ASN1_TYPE) * parts) {
    sk_ASN1_TYPE_pop_free(parts, ASN1_TYPE_free);
}
using PartsHandle = Owned<STACK_OF(ASN1_TYPE), free_parts>;
using AlgorithmHandle = Owned<X509_ALGOR, X509_ALGOR_free>;

// The key of a CA, which is asked about all that it signed; null: of a kind unknown to OpenSSL.
std::shared_ptr<const LoadedKey> key_of(const Certificate& issuer) {
    const std::lock_guard<std::mutex> guard(issuer.checked->mutex);
    if (!issuer.checked->key) {
        const auto handle = decode_whole<CertificateHandle>(d2i_X509, issuer.der);
        require(handle != nullptr, "reading a certificate again");
        issuer.checked->key =
            std::make_shared<const LoadedKey>(LoadedKey{KeyHandle(X509_get_pubkey(handle.get()))});
    }
    return issuer.checked->key;
}

}  // namespace

bool signed_by(const Certificate& subject, const Certificate& issuer) {
    if (!subject.one_signature_algorithm) {
        return false;
    }
    // RFC 5280 section 4.1: what is signed, as it is; the algorithm; the signature.
    const auto parts = decode_whole<PartsHandle>(d2i_ASN1_SEQUENCE_ANY, subject.der);
    require(parts && sk_ASN1_TYPE_num(parts.get()) == 3, "reading a certificate again");
    const ASN1_TYPE* const content = sk_ASN1_TYPE_value(parts.get(), 0);
    const ASN1_TYPE* const algorithm = sk_ASN1_TYPE_value(parts.get(), 1);
    const ASN1_TYPE* const signature = sk_ASN1_TYPE_value(parts.get(), 2);
    require(algorithm->type == V_ASN1_SEQUENCE && signature->type == V_ASN1_BIT_STRING,
            "reading a certificate again");
    const auto named = decode_whole<AlgorithmHandle>(d2i_X509_ALGOR, characters(algorithm->value.sequence));
    require(named != nullptr, "reading a certificate again");
    const auto key = key_of(issuer);
    return key->key &&
           ASN1_item_verify(
               ASN1_ITEM_rptr(ASN1_ANY), named.get(), signature->value.bit_string, content, key->key.get()) ==
               1;
}

bool issued_by(const Certificate& subject, const Certificate& issuer) {
    if (subject.issuer_der != issuer.subject_der) {
        return false;
    }
    {
        const std::lock_guard<std::mutex> guard(subject.checked->mutex);
        const auto known = subject.checked->by_issuer.find(issuer.sha256);
        if (known != subject.checked->by_issuer.end()) {
            return known->second;
        }
    }
    const ErrorQueue errors;
    const bool signature = signed_by(subject, issuer);
    const std::lock_guard<std::mutex> guard(subject.checked->mutex);
    subject.checked->by_issuer.emplace(issuer.sha256, signature);
    return signature;
}

std::vector<CertificateRef> chain_above(const CertificateRef& leaf,
                                        const std::vector<CertificateRef>& others) {
    std::vector<CertificateRef> chain;
    CertificateRef last = leaf;
    while (!last->self_signed) {
        const auto next = std::find_if(others.begin(), others.end(), [&](const CertificateRef& one) {
            const auto same = [&](const CertificateRef& other) { return *other == *one; };
            return *one != *leaf && std::none_of(chain.begin(), chain.end(), same) && issued_by(*last, *one);
        });
        if (next == others.end()) {
            break;
        }
        last = *next;
        chain.push_back(last);
    }
    return chain;
}

}  // namespace edgecert::x509
