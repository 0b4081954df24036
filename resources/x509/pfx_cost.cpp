// What opening a PFX would cost and need: iteration counts and ciphers of RFC 7292 and RFC 8018.
#include "resources/x509/pfx_cost.h"

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/fields.h"
#include "resources/x509/openssl.h"

namespace edgecert::x509 {
namespace {

constexpr const char* bad_pfx = "bad-pfx";
constexpr std::int64_t most_iterations = 10'000'000;

using PbeHandle = Owned<PBEPARAM, PBEPARAM_free>;
using Pbe2Handle = Owned<PBE2PARAM, PBE2PARAM_free>;
using Pbkdf2Handle = Owned<PBKDF2PARAM, PBKDF2PARAM_free>;
using CipherHandle = Owned<EVP_CIPHER, EVP_CIPHER_free>;

struct Algorithm {
    int nid{};
    const ASN1_OBJECT* object{};
    std::string_view parameters{};  // DER; empty: none, or no SEQUENCE
};

Algorithm read(const X509_ALGOR* algorithm) {
    Algorithm value;
    int type = 0;
    const void* parameters = nullptr;
    X509_ALGOR_get0(&value.object, &type, &parameters, algorithm);
    value.nid = OBJ_obj2nid(value.object);
    if (type == V_ASN1_SEQUENCE) {
        value.parameters = characters(static_cast<const ASN1_STRING*>(parameters));
    }
    return value;
}

[[noreturn]] void refuse_unknown(const Algorithm& algorithm) {
    throw Error(bad_pfx, "encrypted in a way that is not known here (" + dotted(algorithm.object) + ")");
}

void need_cipher(int nid, const Algorithm& named) {
    const char* name = OBJ_nid2sn(nid);
    if (nid == NID_undef || name == nullptr) {
        refuse_unknown(named);
    }
    const CipherHandle cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    if (!cipher) {
        throw Error(bad_pfx,
                    std::string("encrypted with ") + name + ", which needs OpenSSL's legacy provider",
                    "export it again with AES-256 or 3DES");
    }
}

}  // namespace

void PfxCost::add(const ASN1_INTEGER* iterations) {
    std::int64_t count = 1;  // the default of RFC 7292 section 4
    const bool readable = iterations == nullptr || ASN1_INTEGER_get_int64(&count, iterations) == 1;
    if (readable && count < 1) {
        throw Error(bad_pfx, "an iteration count below 1");
    }
    // Each count is at most the limit when it is added, so the sum cannot overflow.
    if (!readable || count > most_iterations || (total_ += count) > most_iterations) {
        throw Error(bad_pfx, "more than 10,000,000 iterations");
    }
}

void PfxCost::add_mac(const PKCS12* pfx) {
    const ASN1_INTEGER* iterations = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    PKCS12_get0_mac(nullptr, &algorithm, nullptr, &iterations, pfx);
    if (algorithm == nullptr) {
        throw Error(bad_pfx, "it has no MAC, so nothing says that it is whole");
    }
    const Algorithm digest = read(algorithm);
    if (digest.nid == NID_undef || EVP_get_digestbynid(digest.nid) == nullptr) {
        throw Error(bad_pfx, "a MAC of a kind that is not known here (" + dotted(digest.object) + ")");
    }
    add(iterations);
}

void PfxCost::add_encryption(const X509_ALGOR* algorithm) {
    const Algorithm outer = read(algorithm);
    if (outer.nid != NID_pbes2) {
        int cipher = NID_undef;
        const auto pbe = decode_whole<PbeHandle>(d2i_PBEPARAM, outer.parameters);
        if (EVP_PBE_find(EVP_PBE_TYPE_OUTER, outer.nid, &cipher, nullptr, nullptr) != 1 || !pbe) {
            refuse_unknown(outer);
        }
        need_cipher(cipher, outer);
        add(pbe->iter);
        return;
    }
    const auto pbe2 = decode_whole<Pbe2Handle>(d2i_PBE2PARAM, outer.parameters);
    if (!pbe2) {
        refuse_unknown(outer);
    }
    const Algorithm cipher = read(pbe2->encryption);
    need_cipher(cipher.nid, cipher);
    const Algorithm derivation = read(pbe2->keyfunc);
    const auto pbkdf2 = decode_whole<Pbkdf2Handle>(d2i_PBKDF2PARAM, derivation.parameters);
    if (derivation.nid != NID_id_pbkdf2 || !pbkdf2) {
        refuse_unknown(derivation);
    }
    add(pbkdf2->iter);
}

}  // namespace edgecert::x509
