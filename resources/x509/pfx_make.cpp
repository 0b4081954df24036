// Writes PKCS#12 files that every Windows takes (RFC 7292).
#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/secret.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"
#include "resources/x509/pfx.h"

namespace edgecert::x509 {
namespace {

constexpr int iterations_if_chosen = 10'000;
constexpr int iterations_if_random = 1'000;
constexpr std::size_t shortest_random = 32;  // 128 bits in hexadecimal
constexpr std::string_view csp_name = "Microsoft RSA SChannel Cryptographic Provider";
constexpr int without_mac = -1;

using PfxHandle = Owned<PKCS12, PKCS12_free>;

// The password as a C string, wiped.
class Password {
public:
    explicit Password(const Secret& secret) : text_(secret.view()) {
        const auto visible = [](char c) { return c >= ' ' && c <= '~'; };
        if (text_.empty() || !std::all_of(text_.begin(), text_.end(), visible)) {
            wipe(text_);
            throw Error("bad-password", "a PFX password is printable ASCII and not empty");
        }
    }
    Password(const Password&) = delete;
    Password& operator=(const Password&) = delete;
    ~Password() { wipe(text_); }
    [[nodiscard]] const char* c_str() const { return text_.c_str(); }

private:
    std::string text_;
};

// PKCS12_create copies these from the key to its bag.
void set_windows_attributes(EVP_PKEY* key) {
    const int length = static_cast<int>(csp_name.size());
    require(EVP_PKEY_add1_attr_by_NID(key, NID_ms_csp_name, MBSTRING_ASC, octets(csp_name), length) == 1,
            "the CSP's name");
    require(EVP_PKEY_add1_attr_by_NID(key, NID_LocalKeySet, 0, nullptr, -1) == 1, "LocalKeySet");
}

CertificateHandle decode(const Certificate& certificate) {
    auto handle = decode_whole<CertificateHandle>(d2i_X509, certificate.der);
    require(handle != nullptr, "reading a certificate again");
    return handle;
}

CertificatesHandle decode_all(const std::vector<CertificateRef>& chain) {
    CertificatesHandle all(sk_X509_new_null());
    require(all != nullptr, "sk_X509_new_null");
    for (const CertificateRef& certificate : chain) {
        CertificateHandle handle = decode(*certificate);
        require(sk_X509_push(all.get(), handle.get()) > 0, "sk_X509_push");
        static_cast<void>(handle.release());
    }
    return all;
}

}  // namespace

Secret make_pfx(const PfxContents& contents,
                const Secret& password,
                PfxProfile profile,
                PasswordOrigin origin) {
    const ErrorQueue errors;
    const Password phrase(password);
    if (!contents.certificate || contents.certificate->spki_sha256 != contents.key.spki_sha256) {
        throw Error("bad-pfx", "the key is not the certificate's");
    }
    if (contents.friendly_name.find('\0') != std::string::npos) {
        throw Error("bad-pfx", "a friendly name with a zero byte");
    }
    const bool modern = profile == PfxProfile::modern;
    const int cipher = modern ? NID_aes_256_cbc : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
    const bool random = origin == PasswordOrigin::random && password.view().size() >= shortest_random;
    const int iterations = random ? iterations_if_random : iterations_if_chosen;
    const bool rsa = contents.key.kind.algorithm == KeyAlgorithm::rsa;
    KeyHandle key = load_key(contents.key);
    if (rsa) {
        key.reset(EVP_PKEY_dup(key.get()));  // others may hold the same one
        require(key != nullptr, "EVP_PKEY_dup");
        set_windows_attributes(key.get());
    }
    const CertificateHandle certificate = decode(*contents.certificate);
    const CertificatesHandle chain = decode_all(contents.chain);
    const char* name = contents.friendly_name.empty() ? nullptr : contents.friendly_name.c_str();
    const PfxHandle pfx(PKCS12_create(phrase.c_str(),
                                      name,
                                      key.get(),
                                      certificate.get(),
                                      chain.get(),
                                      cipher,
                                      cipher,
                                      iterations,
                                      without_mac,
                                      rsa ? KEY_EX : 0));
    if (!pfx) {
        fail("bad-pfx", "the PFX could not be made");
    }
    const EVP_MD* digest = modern ? EVP_sha256() : EVP_sha1();
    if (PKCS12_set_mac(pfx.get(), phrase.c_str(), -1, nullptr, 0, iterations, digest) != 1) {
        fail("bad-pfx", "the PFX could not be sealed");
    }
    return Secret(encode(i2d_PKCS12, pfx.get()));
}

}  // namespace edgecert::x509
