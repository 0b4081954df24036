// Makes what the mint keeps.
#include "tests/support/mint.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "engine/text/digest.h"
#include "engine/text/encoding.h"
#include "resources/x509/chain.h"
#include "resources/x509/issue.h"
#include "tests/support/mint_keys.h"

namespace edgecert {

namespace {

constexpr std::size_t most_kept = 200000;

// ECPrivateKey (RFC 5915) without the public key, which is computed when it is read.
std::string key_pem(x509::KeyKind kind, const std::string& scalar) {
    const bool small = kind.bits == 256;
    std::string der = from_hex(small ? "30310201010420" : "303e0201010430").value();
    der += scalar;
    der += from_hex(small ? "a00a06082a8648ce3d030107" : "a00706052b81040022").value();
    const std::string text = to_base64(der);
    std::string pem = "-----BEGIN EC PRIVATE KEY-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64) {
        pem += text.substr(at, 64) + "\n";
    }
    return pem + "-----END EC PRIVATE KEY-----\n";
}

std::string fingerprint(const std::string& spki, const x509::RequestContents& contents) {
    Digest digest("simulation.request");
    digest.field(spki).field(x509::to_text(contents.subject)).field(contents.digest);
    for (const std::string& name : x509::to_list(contents.names)) {
        digest.field(name);
    }
    digest.field("usages");
    for (const std::string& usage : contents.extended_key_usage) {
        digest.field(usage);
    }
    return digest.hex();
}

std::string fingerprint(const std::string& name, int generation, Instant born, const LeafOrder& order) {
    x509::RequestContents contents;
    contents.subject = order.subject;
    contents.names = order.names;
    contents.extended_key_usage = order.extended_key_usage;
    Digest digest("simulation.leaf");
    digest.field(fingerprint(order.spki_der, contents)).field(name).number(generation).field(order.serial);
    digest.number(born.time_since_epoch().count());
    digest.number(order.not_before.time_since_epoch().count())
        .number(order.not_after.time_since_epoch().count());
    return digest.hex();
}

}  // namespace

Mint::Mint() {
    authority_keys_.push_back(std::make_shared<const x509::PrivateKey>(x509::parse_key(first_authority_key)));
    authority_keys_.push_back(
        std::make_shared<const x509::PrivateKey>(x509::parse_key(second_authority_key)));
}

Mint::~Mint() = default;

std::string Mint::scalar(x509::KeyKind kind, std::size_t index) {
    const std::string seed = "simulated key " + std::to_string(index);
    std::string bytes = from_hex(x509::sha256(seed)).value();
    if (kind.bits == 384) {
        bytes += from_hex(x509::sha256(seed + ", second half")).value().substr(0, 16);
    }
    return std::string(canary) + bytes.substr(canary.size());  // below the group's order, and never zero
}

KeyRef Mint::key(x509::KeyKind kind, std::size_t index) {
    KeyRef& kept = keys_[{kind.bits, index}];
    if (kept == nullptr) {
        kept = std::make_shared<const x509::PrivateKey>(x509::parse_key(key_pem(kind, scalar(kind, index))));
        by_spki_[kept->spki_sha256] = kept;
    }
    return kept;
}

KeyRef Mint::key_with(const std::string& spki_sha256) const {
    const auto found = by_spki_.find(spki_sha256);
    return found == by_spki_.end() ? nullptr : found->second;
}

const std::string& Mint::request(const x509::RequestContents& contents, const x509::PrivateKey& key) {
    std::string& kept = requests_[fingerprint(key.spki_sha256, contents)];
    if (kept.empty()) {
        kept = x509::make_request(contents, key);
    }
    return kept;
}

const x509::RequestContents& Mint::contents(const std::string& request_pem) {
    const auto known = contents_.find(request_pem);
    return known != contents_.end()
               ? known->second
               : contents_.emplace(request_pem, x509::parse_request(request_pem)).first->second;
}

const Mint::Chain& Mint::chain(const std::string& name, int generation, Instant born) {
    Chain& kept = chains_[{name, generation, born}];
    if (kept.root == nullptr) {
        const x509::PrivateKey& key = *authority_keys_.at(static_cast<std::size_t>(generation % 2));
        x509::Issuance root;
        root.subject.common_name = name + " root";
        root.subject.organization = "Contoso";
        root.spki_der = key.spki_der;
        root.not_before = born - std::chrono::hours{1};
        root.not_after = born + std::chrono::days{3650};
        root.serial = to_hex(std::string(1, static_cast<char>(generation + 1)));
        root.authority = true;
        kept.root = x509::sign_certificate(root, key, nullptr);
        x509::Issuance issuing = root;
        issuing.subject.common_name = name;
        issuing.path_length = 0;
        issuing.serial += "01";
        kept.issuing = x509::sign_certificate(issuing, key, kept.root);
    }
    return kept;
}

x509::CertificateRef Mint::leaf(const std::string& name,
                                int generation,
                                Instant born,
                                const LeafOrder& order) {
    x509::CertificateRef& kept = leaves_[fingerprint(name, generation, born, order)];
    if (kept == nullptr) {
        TestAuthority authority;
        authority.issuing_key = *authority_keys_.at(static_cast<std::size_t>(generation % 2));
        authority.issuing = chain(name, generation, born).issuing;
        kept = issue_leaf(authority, order);
    }
    return kept;
}

bool Mint::issued_by(const x509::Certificate& subject, const x509::Certificate& issuer) {
    if (subject.issuer_der != issuer.subject_der) {
        return false;
    }
    const auto [place, fresh] = issued_by_.try_emplace({subject.sha256, issuer.sha256}, false);
    if (fresh) {
        place->second = x509::issued_by(subject, issuer);
    }
    return place->second;
}

void Mint::forget_some() {
    if (size() > most_kept) {
        requests_.clear();
        contents_.clear();
        leaves_.clear();
        issued_by_.clear();
    }
}

}  // namespace edgecert
