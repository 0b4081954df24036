// Requests: ours read by openssl and GnuTLS, theirs read by us.
#include "resources/x509/request.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/x509/key.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

RequestContents wanted() {
    RequestContents contents;
    contents.subject = {
        "edge-int.ams.contoso.net", "Contoso, Inc", "UC", "Amsterdam", "Noord-Holland", "NL", {}};
    contents.names = {{"edge-int.ams.contoso.net", "edge01.ams.contoso.net", "xn--bcher-kva.example"},
                      {"192.0.2.7", "2001:db8::7"}};
    contents.extended_key_usage = {"serverAuth", "clientAuth"};
    contents.digest = "sha256";
    return contents;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("our requests are what openssl and GnuTLS read, with keys and digests of every kind") {
    const Workshop shop;
    const std::vector<std::pair<KeyKind, std::string>> rows{{{KeyAlgorithm::rsa, 2048}, "sha256"},
                                                            {{KeyAlgorithm::rsa, 2048}, "sha512"},
                                                            {{KeyAlgorithm::ecdsa, 256}, "sha256"},
                                                            {{KeyAlgorithm::ecdsa, 384}, "sha384"}};
    for (const auto& [kind, digest] : rows) {
        CAPTURE(to_text(kind));
        const PrivateKey key = generate_key(kind);
        RequestContents contents = wanted();
        contents.digest = digest;
        const std::string pem = make_request(contents, key);
        shop.write("r.csr", pem);
        const test::Ran ran =
            shop.run({"openssl", "req", "-in", "r.csr", "-verify", "-text", "-noout", "-nameopt", "RFC2253"});
        CHECK(ran.status == 0);
        CHECK(holds(ran.out + ran.err, "verify OK"));
        CHECK(holds(ran.out,
                    "CN=edge-int.ams.contoso.net,OU=UC,O=Contoso\\, Inc,L=Amsterdam,ST=Noord-Holland,C=NL"));
        CHECK(holds(ran.out,
                    "DNS:edge-int.ams.contoso.net, DNS:edge01.ams.contoso.net, DNS:xn--bcher-kva.example, "
                    "IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7"));
        CHECK(holds(ran.out, "TLS Web Server Authentication"));
        CHECK(holds(ran.out, "TLS Web Client Authentication"));
        CHECK(holds(ran.out, "X509v3 Key Usage: critical"));
        CHECK(holds(ran.out, "Key Encipherment") == (kind.algorithm == KeyAlgorithm::rsa));
        const std::string gnutls = shop.must({"certtool", "--crq-info", "--infile", "r.csr"});
        CHECK(holds(gnutls, "DNSname: edge01.ams.contoso.net"));
        CHECK(holds(gnutls, "IPAddress: 2001:db8::7"));
        CHECK(holds(gnutls, "Self signature: verified"));

        contents.key = kind;
        contents.spki_sha256 = key.spki_sha256;
        CHECK(parse_request(pem) == contents);
        CHECK(parse_request(request_der(pem)) == contents);
        CHECK(request_public_key(pem) == key.spki_der);
    }
}

TEST_CASE("requests of openssl are read") {
    const Workshop shop;
    shop.key("k", "rsa");
    shop.write(
        "config",
        "[req]\ndistinguished_name=dn\nreq_extensions=ext\nstring_mask=MASK:0x800\n[dn]\n[ext]\n"
        "subjectAltName=DNS:EDGE.contoso.net,email:a@b.c,IP:::1\nextendedKeyUsage=serverAuth,1.2.3.4\n");
    shop.must({"openssl",
               "req",
               "-new",
               "-utf8",
               "-sha384",
               "-config",
               "config",
               "-key",
               "k.key",
               "-subj",
               "/O=Bücher/CN=edge",
               "-out",
               "r.csr"});
    const RequestContents read = parse_request(shop.read("r.csr"));
    CHECK(read.subject == Subject{"edge", "Bücher", "", "", "", "", {}});
    CHECK(read.names == Names{{"edge.contoso.net"}, {"::1"}});
    CHECK(read.extended_key_usage == TextSet{"serverAuth", "1.2.3.4"});
    CHECK(read.key == KeyKind{KeyAlgorithm::rsa, 2048});
    CHECK(read.digest == "sha384");
    shop.must({"openssl", "req", "-new", "-key", "k.key", "-subj", "/CN=bare", "-out", "bare.csr"});
    CHECK(parse_request(shop.read("bare.csr")).names.size() == 0);
    shop.must({"openssl", "req", "-in", "bare.csr", "-outform", "DER", "-out", "bare.der"});
    CHECK(parse_request(shop.read("bare.der")).subject.common_name == "bare");
}

TEST_CASE("a name cannot bring another one along") {
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    RequestContents contents = wanted();
    contents.names = {{"edge.contoso.net,DNS:evil.example"}, {}};
    CHECK(parse_request(make_request(contents, key)).names.dns ==
          TextSet{"edge.contoso.net,dns:evil.example"});  // one odd name, not two
    contents.names = {{"edge\n.contoso.net"}, {}};
    CHECK(code_of([&] { static_cast<void>(make_request(contents, key)); }) == "bad-request");
    contents.names = {{}, {"192.0.2.1.5"}};
    CHECK(code_of([&] { static_cast<void>(make_request(contents, key)); }) == "bad-request");
    contents.names = {{"bücher.example"}, {}};
    CHECK(code_of([&] { static_cast<void>(make_request(contents, key)); }) == "bad-request");
}

TEST_CASE("a common name over 64 characters is left out only if the names hold it") {
    const Workshop shop;
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    const std::string host = "edge-internal." + std::string(40, 'a') + ".amsterdam.contoso.net";
    REQUIRE(host.size() > 64);
    RequestContents contents = wanted();
    contents.subject = {};
    contents.subject.common_name = host;
    CHECK(code_of([&] { static_cast<void>(make_request(contents, key)); }) == "bad-request");
    contents.names.dns.insert(host);
    const std::string pem = make_request(contents, key);
    CHECK(parse_request(pem).subject == Subject{});
    CHECK(parse_request(pem).names == contents.names);
    shop.write("r.csr", pem);  // without a subject the names are critical
    CHECK(holds(shop.must({"openssl", "req", "-in", "r.csr", "-text", "-noout"}),
                "Subject Alternative Name: critical"));
    std::string umlauts;
    for (int i = 0; i < 64; ++i) {
        umlauts += "ü";
    }
    contents.subject.common_name = umlauts;  // 64 characters, 128 bytes
    CHECK(parse_request(make_request(contents, key)).subject.common_name == umlauts);
}

TEST_CASE("subjects, usages and digests that cannot be asked for are errors") {
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    const auto code = [&](auto change) {
        RequestContents contents = wanted();
        change(contents);
        return code_of([&] { static_cast<void>(make_request(contents, key)); });
    };
    CHECK(code([](RequestContents& c) { c.subject.country = "NLD"; }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.subject.organization = std::string(65, 'x'); }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.subject.locality = "\xff"; }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.subject.other = {"1.2.3=#0500"}; }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.subject.other = {"no oid"}; }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.extended_key_usage = {"serverAuht"}; }) == "bad-request");
    CHECK(code([](RequestContents& c) { c.digest = "sha1"; }) == "bad-digest");
    CHECK(code([](RequestContents& c) { c.digest = ""; }) == "bad-digest");
    CHECK(code([](RequestContents& c) { c.subject.other = {"1.2.840.113549.1.9.1=a@b.c"}; }).empty());
}

TEST_CASE("broken requests are refused") {
    const Workshop shop;
    const PrivateKey key = generate_key({KeyAlgorithm::ecdsa, 256});
    const std::string der = request_der(make_request(wanted(), key));
    const auto code = [](const std::string& bytes) {
        return code_of([&] { static_cast<void>(parse_request(bytes)); });
    };
    CHECK(code(der).empty());
    CHECK(code(der + "x") == "bad-request");
    CHECK(code("") == "bad-request");
    for (std::size_t length = 0; length < der.size(); length += 3) {
        REQUIRE(code(der.substr(0, length)) == "bad-request");
    }
    CHECK(code(patched(der, "edge01", "evil01")) == "bad-request");  // the signature covers the names
    CHECK(code_of([&] { static_cast<void>(request_public_key(patched(der, "edge01", "evil01"))); }) ==
          "bad-request");
    shop.key("k");
    shop.must({"openssl", "req", "-x509", "-new", "-key", "k.key", "-subj", "/CN=c", "-out", "c.pem"});
    CHECK(code(shop.read("c.pem")) == "bad-request");
    const std::string pem = make_request(wanted(), key);
    CHECK(code(pem.substr(0, pem.size() - 20)) == "bad-request");
}

}  // namespace
}  // namespace edgecert::x509
