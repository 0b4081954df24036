// Opens PKCS#12 files of any maker, bounded in size, number and cost.
#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/secret.h"
#include "resources/x509/chain.h"
#include "resources/x509/fields.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"
#include "resources/x509/pfx.h"
#include "resources/x509/pfx_cost.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_pfx = "bad-pfx";
constexpr std::size_t most_bytes = std::size_t{4} * 1024 * 1024;
constexpr int most_parts = 64;

using PfxHandle = Owned<PKCS12, PKCS12_free>;
using SafesHandle = Owned<STACK_OF(PKCS7), free_safes>;
using BagsHandle = Owned<STACK_OF(PKCS12_SAFEBAG), free_bags>;
using KeyInfoHandle = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

// A password as OpenSSL's calls want it. An empty one is written in two ways (RFC 7292 appendix B.1 and the
// older habit of no password at all); which one holds is known when the MAC has been checked.
struct Phrase {
    const char* text{};
    int length{};
};

PfxHandle decode(std::string_view bytes) {
    if (bytes.size() > most_bytes) {
        throw Error(bad_pfx, "a PFX of more than 4 MiB");
    }
    const unsigned char* at = octets(bytes);
    PfxHandle pfx(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
    if (!pfx) {
        fail(bad_pfx, "not a PFX");
    }
    if (at != octets(bytes) + bytes.size()) {
        throw Error(bad_pfx, "bytes follow the PFX");
    }
    return pfx;
}

Phrase check_mac(PKCS12* pfx, const Secret& password) {
    std::vector<Phrase> phrases{{password.view().data(), static_cast<int>(password.view().size())}};
    if (password.empty()) {
        phrases = {{"", 0}, {nullptr, 0}};
    }
    for (const Phrase& phrase : phrases) {
        if (PKCS12_verify_mac(pfx, phrase.text, phrase.length) == 1) {
            return phrase;
        }
    }
    throw Error("wrong-password", "the password is not the PFX's, or the file is damaged");
}

KeyHandle key_in(const PKCS8_PRIV_KEY_INFO* info) {
    const Secret der(encode(i2d_PKCS8_PRIV_KEY_INFO, info));
    KeyHandle key = decode_pkcs8(der.view());
    return key ? std::move(key) : KeyHandle(EVP_PKCS82PKEY(info));
}

// Collects what the safes hold.
class Contents {
public:
    Contents(CertificateCache& cache, Phrase phrase, PfxCost& cost)
        : cache_(cache), phrase_(phrase), cost_(cost) {}

    void add_safe(PKCS7* safe) {
        BagsHandle bags;
        if (PKCS7_type_is_data(safe) && safe->d.data != nullptr) {
            bags.reset(PKCS12_unpack_p7data(safe));
        } else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted != nullptr) {
            cost_.add_encryption(safe->d.encrypted->enc_data->algorithm);
            bags.reset(PKCS12_unpack_p7encdata(safe, phrase_.text, phrase_.length));
        }
        if (!bags) {
            fail(bad_pfx, "a part of it cannot be opened");
        }
        const int count = sk_PKCS12_SAFEBAG_num(bags.get());
        for (int i = 0; i < count; ++i) {
            if (++parts_ > most_parts) {
                throw Error(bad_pfx, "more than 64 keys and certificates");
            }
            add_bag(sk_PKCS12_SAFEBAG_value(bags.get(), i));
        }
    }

    PfxContents take() {
        if (!key_) {
            throw Error(bad_pfx, "no private key in it");
        }
        if (!is_consistent(key_.get())) {
            throw Error(bad_pfx, "the private and public parts of its key do not belong together");
        }
        PfxContents result;
        result.key = describe_key(std::move(key_));
        const Found* leaf = leaf_of(result.key.spki_sha256);
        result.certificate = leaf->certificate;
        result.friendly_name = leaf->friendly_name.empty() ? key_name_ : leaf->friendly_name;
        std::vector<CertificateRef> others;
        others.reserve(found_.size());
        for (const Found& one : found_) {
            others.push_back(one.certificate);
        }
        result.chain = chain_above(result.certificate, others);
        return result;
    }

private:
    struct Found {
        CertificateRef certificate{};
        std::string friendly_name{};
        std::string local_key_id{};
    };

    void add_bag(PKCS12_SAFEBAG* bag) {
        const int kind = PKCS12_SAFEBAG_get_nid(bag);
        if (kind == NID_keyBag || kind == NID_pkcs8ShroudedKeyBag) {
            add_key(bag, kind == NID_pkcs8ShroudedKeyBag);
        } else if (kind == NID_certBag && PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate) {
            add_certificate(bag);
        } else if (kind == NID_safeContentsBag) {
            throw Error(bad_pfx, "safes inside safes are not read");
        }
    }

    void add_key(PKCS12_SAFEBAG* bag, bool shrouded) {
        KeyHandle key;
        if (shrouded) {
            const X509_SIG* wrapped = PKCS12_SAFEBAG_get0_pkcs8(bag);
            const X509_ALGOR* algorithm = nullptr;
            X509_SIG_get0(wrapped, &algorithm, nullptr);
            cost_.add_encryption(algorithm);
            const KeyInfoHandle info(PKCS12_decrypt_skey(bag, phrase_.text, phrase_.length));
            key = info ? key_in(info.get()) : nullptr;
        } else {
            key = key_in(PKCS12_SAFEBAG_get0_p8inf(bag));
        }
        if (!key) {
            fail(bad_pfx, "its key cannot be read");
        }
        if (key_) {
            throw Error(bad_pfx, "more than one key in it");
        }
        key_ = std::move(key);
        key_name_ = friendly_name(bag);
        key_id_ = local_key_id(bag);
    }

    void add_certificate(PKCS12_SAFEBAG* bag) {
        const CertificateHandle handle(PKCS12_SAFEBAG_get1_cert(bag));
        if (!handle) {
            fail(bad_pfx, "a certificate in it is broken");
        }
        try {
            found_.push_back(
                {cache_.parse(encode(i2d_X509, handle.get())), friendly_name(bag), local_key_id(bag)});
        } catch (const Error& error) {
            throw Error(bad_pfx, "a certificate in it: " + error.diagnostic().text);
        }
    }

    // Read as the BMPString it is: PKCS12_get_friendlyname loses what is not ASCII.
    static std::string friendly_name(const PKCS12_SAFEBAG* bag) {
        const ASN1_TYPE* value = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName);
        if (value == nullptr || value->type != V_ASN1_BMPSTRING) {
            return {};
        }
        return text_of(value->value.bmpstring).value_or(std::string());
    }

    static std::string local_key_id(const PKCS12_SAFEBAG* bag) {
        const ASN1_TYPE* value = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
        if (value == nullptr || value->type != V_ASN1_OCTET_STRING) {
            return {};
        }
        return std::string(characters(value->value.octet_string));
    }

    // The certificate whose public key is the key's; of several (a renewal kept the key), the one its
    // localKeyID names.
    [[nodiscard]] const Found* leaf_of(const std::string& spki_sha256) const {
        const Found* leaf = nullptr;
        for (const Found& one : found_) {
            const bool named = !key_id_.empty() && one.local_key_id == key_id_;
            if (one.certificate->spki_sha256 == spki_sha256 && (leaf == nullptr || named)) {
                leaf = &one;
            }
        }
        if (leaf == nullptr) {
            throw Error(bad_pfx,
                        found_.empty() ? "no certificate in it" : "its key is not its certificate's");
        }
        return leaf;
    }

    CertificateCache& cache_;
    Phrase phrase_;
    PfxCost& cost_;
    KeyHandle key_{};
    std::string key_name_{};
    std::string key_id_{};
    std::vector<Found> found_{};
    int parts_{};
};

}  // namespace

PfxContents parse_pfx(std::string_view bytes, const Secret& password, CertificateCache& cache) {
    const ErrorQueue errors;
    const PfxHandle pfx = decode(bytes);
    PfxCost cost;
    cost.add_mac(pfx.get());
    const Phrase phrase = check_mac(pfx.get(), password);
    const SafesHandle safes(PKCS12_unpack_authsafes(pfx.get()));
    if (!safes) {
        fail(bad_pfx, "its contents cannot be read");
    }
    const int count = sk_PKCS7_num(safes.get());
    if (count > most_parts) {
        throw Error(bad_pfx, "more than 64 safes");
    }
    Contents contents(cache, phrase, cost);
    for (int i = 0; i < count; ++i) {
        contents.add_safe(sk_PKCS7_value(safes.get(), i));
    }
    return contents.take();
}

}  // namespace edgecert::x509
