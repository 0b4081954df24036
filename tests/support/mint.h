// Keys, requests and certificates for simulations: real and parseable, the same in every process, each made
// once and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "resources/x509/certificate.h"
#include "resources/x509/key.h"
#include "resources/x509/request.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_authority.h"

namespace edgecert {

// Everything is deterministic (keys from hashes, RSA PKCS#1 v1.5 signatures), so that a seed means the same
// order of fingerprints wherever it is replayed; only the requests' own ECDSA signatures differ, and nothing
// is ordered by them. One thread at a time.
class Mint {
public:
    Mint();
    Mint(const Mint&) = delete;
    Mint& operator=(const Mint&) = delete;
    ~Mint();

    [[nodiscard]] KeyRef key(x509::KeyKind kind, std::size_t index);  // ECDSA P-256 or P-384
    // Every private key's bytes begin with these, so that they can be looked for.
    static constexpr std::string_view canary = "edgecertCANARY";
    [[nodiscard]] static std::string scalar(x509::KeyKind kind, std::size_t index);  // its private bytes
    [[nodiscard]] const std::string& request(const x509::RequestContents& contents,
                                             const x509::PrivateKey& key);

    // What a request of this mint asks for.
    [[nodiscard]] const x509::RequestContents& contents(const std::string& request_pem);

    struct Chain {
        x509::CertificateRef root{};
        x509::CertificateRef issuing{};
    };
    // Valid from `born` on, ten years. A generation is a re-keyed and renewed chain of the same CA.
    [[nodiscard]] const Chain& chain(const std::string& name, int generation, Instant born);
    [[nodiscard]] x509::CertificateRef leaf(const std::string& name,
                                            int generation,
                                            Instant born,
                                            const LeafOrder& order);

    [[nodiscard]] bool issued_by(const x509::Certificate& subject, const x509::Certificate& issuer);
    [[nodiscard]] KeyRef key_with(const std::string& spki_sha256) const;  // null: not of this mint

    [[nodiscard]] std::size_t size() const { return requests_.size() + leaves_.size(); }
    void forget_some();  // called between runs: drops requests and leaves when there are very many

private:
    std::vector<KeyRef> authority_keys_;
    std::map<std::pair<int, std::size_t>, KeyRef> keys_{};
    std::map<std::string, KeyRef> by_spki_{};
    std::map<std::string, std::string> requests_{};
    std::map<std::string, x509::RequestContents> contents_{};
    std::map<std::tuple<std::string, int, Instant>, Chain> chains_{};
    std::map<std::string, x509::CertificateRef> leaves_{};
    std::map<std::pair<std::string, std::string>, bool> issued_by_{};
};

}  // namespace edgecert
