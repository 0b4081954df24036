// Certificates signed by us, judged by openssl and GnuTLS.
#include "resources/x509/issue.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "resources/x509/chain.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

// GnuTLS judges by the real clock, so these certificates are valid by it.
Instant today() {
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

Issuance authority(const std::string& name) {
    Issuance what;
    what.subject.common_name = name;
    what.subject.organization = "Contoso";
    what.not_before = today() - std::chrono::days(2);
    what.not_after = today() + std::chrono::days(3650);
    what.serial = "0102030405060708090a0b0c0d0e0f10";
    what.authority = true;
    return what;
}

Issuance server(const PrivateKey& key) {
    Issuance what;
    what.subject.common_name = "edge.contoso.net";
    what.names = {{"edge.contoso.net", "edge01.contoso.net"}, {"192.0.2.7"}};
    what.extended_key_usage = {"serverAuth"};
    what.spki_der = key.spki_der;
    what.not_before = today() - std::chrono::days(1);
    what.not_after = today() + std::chrono::days(90);
    what.serial = "7f";
    what.distribution_point = "http://pki.contoso.net/contoso.crl";
    what.issuer_url = "http://pki.contoso.net/contoso.cer";
    return what;
}

TEST_CASE("a root, an issuing authority and a server's certificate verify with openssl and GnuTLS") {
    for (const KeyKind kind : {KeyKind{KeyAlgorithm::rsa, 2048}, KeyKind{KeyAlgorithm::ecdsa, 384}}) {
        CAPTURE(to_text(kind));
        const Workshop shop;
        const PrivateKey root_key = generate_key(kind);
        const PrivateKey issuing_key = generate_key(kind);
        const PrivateKey leaf_key = generate_key(kind);
        const CertificateRef root = sign_certificate(authority("Contoso Root"), root_key, nullptr);
        Issuance below = authority("Contoso Issuing CA");
        below.spki_der = issuing_key.spki_der;
        below.path_length = 0;
        below.digest = "sha384";
        const CertificateRef issuing = sign_certificate(below, root_key, root);
        const CertificateRef leaf = sign_certificate(server(leaf_key), issuing_key, issuing);

        shop.write("root.pem", to_pem(*root));
        shop.write("issuing.pem", to_pem(*issuing));
        shop.write("leaf.pem", to_pem(*leaf));
        shop.must({"openssl",
                   "verify",
                   "-x509_strict",
                   "-CAfile",
                   "root.pem",
                   "-untrusted",
                   "issuing.pem",
                   "-purpose",
                   "sslserver",
                   "-verify_hostname",
                   "edge01.contoso.net",
                   "leaf.pem"});
        shop.write("chain.pem", to_pem(*leaf) + to_pem(*issuing) + to_pem(*root));
        CHECK(holds(shop.must({"certtool", "--verify-chain", "--infile", "chain.pem"}),
                    "Chain verification output: Verified"));

        const std::string text = shop.must({"openssl", "x509", "-in", "leaf.pem", "-noout", "-text"});
        CHECK(holds(text, "URI:http://pki.contoso.net/contoso.crl"));
        CHECK(holds(text, "CA Issuers - URI:http://pki.contoso.net/contoso.cer"));
        CHECK(holds(text, "X509v3 Basic Constraints: critical"));
        CHECK(holds(text, "CA:FALSE"));
        const std::string upper = shop.must({"openssl", "x509", "-in", "issuing.pem", "-noout", "-text"});
        CHECK(holds(upper, "CA:TRUE, pathlen:0"));
        CHECK(holds(upper, "Certificate Sign, CRL Sign"));

        CHECK(root->self_signed);
        CHECK(root->is_authority);
        CHECK(root->key == kind);
        CHECK(root->spki_sha256 == root_key.spki_sha256);
        CHECK(issuing->digest == "sha384");
        CHECK(issuing->issuer_der == root->subject_der);
        CHECK(issuing->serial == "0102030405060708090a0b0c0d0e0f10");
        CHECK(leaf->names == server(leaf_key).names);
        CHECK(leaf->has_crl_distribution_point);
        CHECK(leaf->authority_key_id == issuing->subject_key_id);
        CHECK(root->authority_key_id == root->subject_key_id);
        CHECK(leaf->not_before == server(leaf_key).not_before);
        CHECK(leaf->not_after == server(leaf_key).not_after);
        const auto path = build_path(leaf, {issuing}, {root}, today(), true);
        CHECK(std::holds_alternative<Path>(path));
    }
}

TEST_CASE("key identifiers are what openssl computes") {
    const Workshop shop;
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    const CertificateRef ours = sign_certificate(authority("Root"), key, nullptr);
    shop.write("c.key", key.pem.view());
    const CertificateRef theirs = shop.certificate({"c", "/CN=c", "", {"subjectKeyIdentifier=hash"}});
    CHECK(ours->subject_key_id == theirs->subject_key_id);
}

TEST_CASE("validity is UTCTime through 2049 and GeneralizedTime from then on") {
    const Workshop shop;
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    Issuance what = authority("Root");
    what.not_before = at("2049-12-31T23:59:59Z");
    what.not_after = at("2050-01-01T00:00:00Z");
    const CertificateRef read = sign_certificate(what, key, nullptr);
    CHECK(read->not_before == what.not_before);
    CHECK(read->not_after == what.not_after);
    shop.write("c.der", read->der);
    const std::string dump = shop.must({"openssl", "asn1parse", "-inform", "DER", "-in", "c.der"});
    CHECK(holds(dump, "UTCTIME           :491231235959Z"));
    CHECK(holds(dump, "GENERALIZEDTIME   :20500101000000Z"));
}

TEST_CASE("an intermediate made by openssl can sign, its name taken over byte by byte") {
    const Workshop shop;
    const CertificateRef root =
        shop.certificate({"root", "/CN=Old Style", "", authority_extensions(), {}, "string_mask=MASK:0x800"});
    const PrivateKey leaf_key = generate_key({KeyAlgorithm::ecdsa, 256});
    const CertificateRef leaf = sign_certificate(server(leaf_key), parse_key(shop.read("root.key")), root);
    CHECK(leaf->issuer_der == root->subject_der);
    CHECK(issued_by(*leaf, *root));
    shop.write("leaf.pem", to_pem(*leaf));
    shop.must({"openssl", "verify", "-no_check_time", "-CAfile", "root.pem", "leaf.pem"});
}

TEST_CASE("what must not be signed is not") {
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    const PrivateKey other = generate_key({KeyAlgorithm::ecdsa, 256});
    const CertificateRef root = sign_certificate(authority("Root"), key, nullptr);
    const CertificateRef leaf = sign_certificate(server(other), key, root);
    const auto code = [](const Issuance& what, const PrivateKey& with, const CertificateRef& issuer) {
        return code_of([&] { static_cast<void>(sign_certificate(what, with, issuer)); });
    };
    CHECK(code(server(other), other, root) == "bad-issuance");  // not the root's key
    CHECK(code(server(key), other, leaf) == "bad-issuance");    // no authority
    Issuance foreign = authority("Root");
    foreign.spki_der = other.spki_der;
    CHECK(code(foreign, key, nullptr) == "bad-issuance");
    const auto changed = [&](auto change) {
        Issuance what = server(other);
        change(what);
        return code(what, key, root);
    };
    CHECK(changed([](Issuance&) {}).empty());
    for (const char* serial : {"", "00", "80", "xyz", "1", "010203040506070809101112131415161718192021"}) {
        CAPTURE(serial);
        CHECK(changed([&](Issuance& what) { what.serial = serial; }) == "bad-issuance");
    }
    CHECK(changed([](Issuance& what) { what.not_after = what.not_before; }) == "bad-issuance");
    CHECK(changed([](Issuance& what) { what.digest = "md5"; }) == "bad-digest");
    CHECK(changed([](Issuance& what) { what.distribution_point = "http://a\nb"; }) == "bad-issuance");
    CHECK(changed([](Issuance& what) { what.issuer_url = "nowhere"; }) == "bad-issuance");
    CHECK(changed([](Issuance& what) { what.spki_der = "rubbish"; }) == "bad-key");
    CHECK(changed([](Issuance& what) { what.spki_der += "x"; }) == "bad-key");
    CHECK(changed([](Issuance& what) { what.names.ip = {"nowhere"}; }) == "bad-issuance");
}

}  // namespace
}  // namespace edgecert::x509
