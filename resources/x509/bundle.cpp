// Bundles of certificates of any encoding taken apart, and PKCS#7 bundles made.
#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/certificate.h"
#include "resources/x509/chain.h"
#include "resources/x509/openssl.h"
#include "resources/x509/pem.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_bundle = "bad-bundle";
constexpr std::size_t most_bytes = std::size_t{1024} * 1024;
constexpr std::size_t most_certificates = 64;

using BundleHandle = Owned<PKCS7, PKCS7_free>;

class Collector {
public:
    explicit Collector(CertificateCache& cache) : cache_(cache) {}

    void add(std::string_view der) {
        ++position_;
        CertificateRef certificate;
        try {
            certificate = cache_.parse(der);
        } catch (const Error& error) {
            throw Error(bad_bundle,
                        "certificate " + std::to_string(position_) + ": " + error.diagnostic().text);
        }
        const auto same = [&](const CertificateRef& other) { return *other == *certificate; };
        if (std::any_of(found_.begin(), found_.end(), same)) {
            return;
        }
        if (found_.size() == most_certificates) {
            throw Error(bad_bundle, "more than 64 certificates");
        }
        found_.push_back(std::move(certificate));
    }

    std::vector<CertificateRef> take() { return std::move(found_); }
    [[nodiscard]] bool empty() const { return found_.empty(); }

private:
    CertificateCache& cache_;
    std::vector<CertificateRef> found_{};
    std::size_t position_{};
};

struct Header {
    std::size_t size{};  // of tag and length
    std::size_t
        content{};  // behind it; 0 with indefinite length, which BER allows and some PKCS#7 writers use
};

// The outer SEQUENCE's header (X.690 section 8.1.3).
Header read_header(std::string_view der) {
    if (der.size() < 2 || der[0] != '\x30') {
        throw Error(bad_bundle, "neither PEM nor DER");
    }
    const auto first = static_cast<unsigned char>(der[1]);
    if (first < 0x80) {
        return {2, first};
    }
    const std::size_t count = first & 0x7FU;
    if (count > 4) {
        throw Error(bad_bundle, "neither PEM nor DER");
    }
    if (der.size() < 2 + count) {
        throw Error(bad_bundle, "the file is cut short: perhaps it is still being copied");
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) {
        length = length << 8U | static_cast<unsigned char>(der[2 + i]);
    }
    return {2 + count, length};
}

void add_pkcs7(std::string_view der, Collector& into) {
    const unsigned char* at = octets(der);
    const BundleHandle bundle(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
    if (!bundle) {
        fail(bad_bundle, "a broken PKCS#7 bundle");
    }
    if (at != octets(der) + der.size()) {
        throw Error(bad_bundle, "bytes follow the PKCS#7 bundle");
    }
    if (!PKCS7_type_is_signed(bundle.get()) || bundle->d.sign == nullptr) {
        throw Error(bad_bundle, "a PKCS#7 file of another kind than signed data");
    }
    const STACK_OF(X509)* certificates = bundle->d.sign->cert;
    const int count = certificates == nullptr ? 0 : sk_X509_num(certificates);
    for (int i = 0; i < count; ++i) {
        into.add(encode(i2d_X509, sk_X509_value(certificates, i)));
    }
}

// A PKCS#7 ContentInfo begins with its type's OID, a certificate with another SEQUENCE.
void add_der(std::string_view der, Collector& into) {
    const Header header = read_header(der);
    if (header.content > der.size() - header.size) {
        throw Error(bad_bundle,
                    "the file is cut short at " + std::to_string(der.size()) + " of " +
                        std::to_string(header.size + header.content) +
                        " bytes: perhaps it is still being copied");
    }
    if (der.size() > header.size && der[header.size] == '\x06') {
        add_pkcs7(der, into);
    } else {
        into.add(der);
    }
}

bool holds_certificates(std::string_view label) {
    return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "PKCS7" ||
           label == "PKCS #7 SIGNED DATA" || label == "CMS";
}

void add_pem(std::string_view text, Collector& into) {
    std::string others;
    for (const PemBlock& block : pem_blocks(text, bad_bundle)) {
        if (holds_certificates(block.label)) {
            add_der(pem_bytes(block, bad_bundle), into);
        } else if (others.size() < 100) {
            others += (others.empty() ? "" : ", ") + printable(block.label);
        }
    }
    if (into.empty()) {
        throw Error(bad_bundle,
                    others.empty() ? "no certificate in it" : "no certificate in it, only: " + others);
    }
}

}  // namespace

std::vector<CertificateRef> parse_bundle(std::string_view bytes, CertificateCache& cache) {
    const ErrorQueue errors;
    if (bytes.empty()) {
        throw Error(bad_bundle, "the file is empty: perhaps it is still being copied");
    }
    if (bytes.size() > most_bytes) {
        throw Error(bad_bundle, "a bundle of more than 1 MiB");
    }
    Collector collector(cache);
    // DER first: inside a DER file the words of PEM may stand by chance or by malice, in PEM no DER begins.
    if (bytes.front() != '\x30' && looks_like_pem(bytes)) {
        add_pem(bytes, collector);
    } else {
        add_der(bytes, collector);
    }
    if (collector.empty()) {
        throw Error(bad_bundle, "no certificate in it");
    }
    return collector.take();
}

std::string make_bundle(const std::vector<CertificateRef>& certificates) {
    const ErrorQueue errors;
    const BundleHandle bundle(PKCS7_new());
    require(bundle && PKCS7_set_type(bundle.get(), NID_pkcs7_signed) == 1, "PKCS7_set_type");
    require(PKCS7_content_new(bundle.get(), NID_pkcs7_data) == 1, "PKCS7_content_new");
    for (const CertificateRef& certificate : certificates) {
        const auto handle = decode_whole<CertificateHandle>(d2i_X509, certificate->der);
        require(handle && PKCS7_add_certificate(bundle.get(), handle.get()) == 1, "PKCS7_add_certificate");
    }
    // Certs only: the content is left out (RFC 2315 section 9.1, note 4).
    require(PKCS7_set_detached(bundle.get(), 1) >= 0, "PKCS7_set_detached");
    return encode(i2d_PKCS7, bundle.get());
}

}  // namespace edgecert::x509
