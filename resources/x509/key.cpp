// Private keys: made, read and written as PKCS#8.
#include "resources/x509/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/secret.h"
#include "resources/x509/fields.h"
#include "resources/x509/key_handle.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_key = "bad-key";
constexpr std::size_t most_bytes = std::size_t{64} * 1024;

NumberHandle number(const EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1) {
        return nullptr;
    }
    return NumberHandle(value);
}

using Context = Owned<BN_CTX, BN_CTX_free>;

// a·b ≡ 1 (mod m)
bool inverse(const BIGNUM* a, const BIGNUM* b, const BIGNUM* m, BN_CTX* context) {
    const NumberHandle product(BN_new());
    return product && BN_is_zero(m) == 0 && BN_mod_mul(product.get(), a, b, m, context) == 1 &&
           BN_is_one(product.get()) == 1;
}

// e·dP ≡ 1 (mod p − 1), and dP ≡ d
bool exponent_fits(
    const BIGNUM* e, const BIGNUM* d, const BIGNUM* part, const BIGNUM* prime, BN_CTX* context) {
    const NumberHandle order(BN_dup(prime));
    const NumberHandle reduced(BN_new());
    return order && reduced && BN_sub_word(order.get(), 1) == 1 && BN_is_zero(order.get()) == 0 &&
           BN_mod(reduced.get(), d, order.get(), context) == 1 && BN_cmp(reduced.get(), part) == 0 &&
           inverse(e, part, order.get(), context);
}

bool is_consistent_rsa(const EVP_PKEY* key) {
    const NumberHandle n = number(key, OSSL_PKEY_PARAM_RSA_N);
    const NumberHandle e = number(key, OSSL_PKEY_PARAM_RSA_E);
    const NumberHandle d = number(key, OSSL_PKEY_PARAM_RSA_D);
    const NumberHandle p = number(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
    const NumberHandle q = number(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
    const NumberHandle dp = number(key, OSSL_PKEY_PARAM_RSA_EXPONENT1);
    const NumberHandle dq = number(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
    const NumberHandle qi = number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
    const Context context(BN_CTX_new());
    const NumberHandle product(BN_new());
    if (!n || !e || !d || !p || !q || !dp || !dq || !qi || !context || !product) {
        return false;
    }
    return BN_mul(product.get(), p.get(), q.get(), context.get()) == 1 &&
           BN_cmp(product.get(), n.get()) == 0 &&
           exponent_fits(e.get(), d.get(), dp.get(), p.get(), context.get()) &&
           exponent_fits(e.get(), d.get(), dq.get(), q.get(), context.get()) &&
           inverse(qi.get(), q.get(), p.get(), context.get());
}

KeyHandle read_checked(std::string_view pem) {
    if (pem.size() > most_bytes) {
        throw Error(bad_key, "a key of more than 64 KiB");
    }
    ReadKey read = read_key(pem);
    if (read.encrypted) {
        throw Error("encrypted-key",
                    "the key is encrypted",
                    "write it without a password, readable by its owner only");
    }
    if (!read.key) {
        fail(bad_key, "not a private key");
    }
    if (!is_consistent(read.key.get())) {
        throw Error(bad_key, "the private and public parts of the key do not belong together");
    }
    return std::move(read.key);
}

}  // namespace

bool is_consistent(EVP_PKEY* key) {
    const int type = EVP_PKEY_get_base_id(key);
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
        return is_consistent_rsa(key);
    }
    if (type != EVP_PKEY_EC) {
        return true;  // of no use to us anyway: its kind is `other`
    }
    const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return context && EVP_PKEY_pairwise_check(context.get()) == 1;
}

PrivateKey describe_key(KeyHandle key) {
    const BioHandle out(BIO_new(BIO_s_mem()));  // wiped when it is freed (BUF_MEM_free)
    require(out != nullptr, "BIO_new");
    require(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "writing a key");
    char* data = nullptr;
    const long length = BIO_get_mem_data(out.get(), &data);
    PrivateKey value;
    value.pem = Secret(std::string(data, static_cast<std::size_t>(length)));
    value.kind = key_kind(key.get());
    value.spki_der = public_key_der(key.get());
    value.spki_sha256 = sha256(value.spki_der);
    value.loaded = std::make_shared<const LoadedKey>(LoadedKey{std::move(key)});
    return value;
}

KeyHandle load_key(const PrivateKey& key) {
    if (key.loaded) {
        EVP_PKEY* const shared = key.loaded->key.get();
        require(EVP_PKEY_up_ref(shared) == 1, "EVP_PKEY_up_ref");
        return KeyHandle(shared);
    }
    ReadKey read = read_key(key.pem.view());
    if (!read.key) {
        fail(bad_key, "not a private key");
    }
    return std::move(read.key);
}

KeyHandle load_public_key(std::string_view spki_der) {
    auto key = decode_whole<KeyHandle>(d2i_PUBKEY, spki_der);
    if (!key) {
        fail(bad_key, "not a public key");
    }
    return key;
}

PrivateKey generate_key(KeyKind kind) {
    const ErrorQueue errors;
    KeyHandle key;
    if (kind.algorithm == KeyAlgorithm::rsa && kind.bits >= 2048 && kind.bits <= 4096) {
        key.reset(EVP_RSA_gen(static_cast<unsigned>(kind.bits)));
    } else if (kind == KeyKind{KeyAlgorithm::ecdsa, 256} || kind == KeyKind{KeyAlgorithm::ecdsa, 384}) {
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.bits == 256 ? "P-256" : "P-384"));
    } else {
        throw Error("bad-key-kind",
                    "no key of the kind \"" + to_text(kind) + "\" is made",
                    "rsa 2048 to 4096, ecdsa p256 or p384");
    }
    if (!key) {
        fail("key-generation", "a key could not be made");
    }
    return describe_key(std::move(key));
}

PrivateKey parse_key(std::string_view pem) {
    const ErrorQueue errors;
    return describe_key(read_checked(pem));
}

std::string public_part(std::string_view pem) {
    const ErrorQueue errors;
    return sha256(public_key_der(read_checked(pem).get()));
}

Secret to_pkcs1(const PrivateKey& key) {
    const ErrorQueue errors;
    const KeyHandle handle = load_key(key);
    if (key.kind.algorithm != KeyAlgorithm::rsa) {
        throw Error(bad_key, "this server takes RSA keys only, not " + to_text(key.kind));
    }
    unsigned char* bytes = nullptr;
    const int length = i2d_PrivateKey(handle.get(), &bytes);
    if (length <= 0) {
        fail(bad_key, "a key could not be written");
    }
    const auto size = static_cast<std::size_t>(length);
    Secret der(std::string(characters(bytes, size)));
    OPENSSL_clear_free(bytes, size);
    return der;
}

PrivateKey parse_pkcs1(std::string_view der) {
    const ErrorQueue errors;
    if (der.size() > most_bytes) {
        throw Error(bad_key, "a key of more than 64 KiB");
    }
    const unsigned char* at = octets(der);
    KeyHandle key(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
    if (!key || at != octets(der) + der.size()) {
        fail(bad_key, "not an RSA private key");
    }
    if (!is_consistent(key.get())) {
        throw Error(bad_key, "the private and public parts of the key do not belong together");
    }
    return describe_key(std::move(key));
}

}  // namespace edgecert::x509
