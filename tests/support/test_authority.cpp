// Signs with the product's own x509 room: what these certificates say is checked elsewhere against other
// implementations.
#include "tests/support/test_authority.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "resources/x509/issue.h"
#include "resources/x509/request.h"

namespace edgecert {

namespace {

// One DER element: where it starts, where its contents start and end. Definite lengths only (X.690
// section 10.1).
struct Element {
    std::size_t begin{};
    std::size_t contents{};
    std::size_t end{};
};

Element element_at(std::string_view der, std::size_t at) {
    const auto octet = [&](std::size_t where) -> std::size_t {
        return static_cast<unsigned char>(der.at(where));
    };
    std::size_t length = octet(at + 1);
    std::size_t contents = at + 2;
    if (length >= 0x80) {
        const std::size_t count = length - 0x80;
        length = 0;
        for (std::size_t i = 0; i < count; ++i) {
            length = length * 256 + octet(contents + i);
        }
        contents += count;
    }
    if (contents + length > der.size()) {
        throw std::runtime_error("a DER element ends behind its end");
    }
    return {at, contents, contents + length};
}

}  // namespace

std::string public_key_of_request(std::string_view request_pem) {
    const std::string der = x509::request_der(request_pem);
    const Element request = element_at(der, 0);
    const Element info = element_at(der, request.contents);
    const Element version = element_at(der, info.contents);
    const Element subject = element_at(der, version.end);
    const Element key = element_at(der, subject.end);
    return der.substr(key.begin, key.end - key.begin);
}

TestAuthority make_test_authority(const std::string& name, Instant not_before, Instant not_after) {
    TestAuthority made;
    const x509::KeyKind p256{x509::KeyAlgorithm::ecdsa, 256};
    made.root_key = x509::generate_key(p256);
    made.issuing_key = x509::generate_key(p256);

    x509::Issuance root;
    root.subject.common_name = name + " Root CA";
    root.subject.organization = "Contoso";
    root.spki_der = made.root_key.spki_der;
    root.not_before = not_before;
    root.not_after = not_after;
    root.serial = "0101";
    root.authority = true;
    made.root = x509::sign_certificate(root, made.root_key, nullptr);

    x509::Issuance issuing = root;
    issuing.subject.common_name = name + " Issuing CA";
    issuing.spki_der = made.issuing_key.spki_der;
    issuing.serial = "0102";
    issuing.path_length = 0;
    made.issuing = x509::sign_certificate(issuing, made.root_key, made.root);
    return made;
}

x509::CertificateRef issue_leaf(const TestAuthority& authority, const LeafOrder& order) {
    x509::Issuance leaf;
    leaf.subject = order.subject;
    leaf.names = order.names;
    leaf.extended_key_usage = order.extended_key_usage;
    leaf.spki_der = order.spki_der;
    leaf.not_before = order.not_before;
    leaf.not_after = order.not_after;
    leaf.serial = order.serial;
    leaf.distribution_point = "http://pki.example.net/ca.crl";
    return x509::sign_certificate(leaf, authority.issuing_key, authority.issuing);
}

}  // namespace edgecert
