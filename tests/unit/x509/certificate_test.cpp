// Certificates made by openssl and GnuTLS, read into values; the expectation is what openssl says of them.
#include "resources/x509/certificate.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/text/encoding.h"
#include "engine/time/instant.h"
#include "resources/x509/chain.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

std::string without(std::string text, const std::string& unwanted) {
    std::erase_if(text, [&](char c) { return unwanted.find(c) != std::string::npos; });
    return text;
}

// One line of `openssl x509`, behind its '='.
std::string openssl_says(const Workshop& shop,
                         const std::string& name,
                         const std::vector<std::string>& options) {
    std::vector<std::string> argv{"openssl", "x509", "-noout", "-in", name + ".pem"};
    argv.insert(argv.end(), options.begin(), options.end());
    const std::string line = shop.must(argv);
    return without(line.substr(line.find('=') + 1), "\n");
}

void agrees_with_openssl(const Workshop& shop, const std::string& name, const Certificate& certificate) {
    CHECK(certificate.sha256 == lower(without(openssl_says(shop, name, {"-fingerprint", "-sha256"}), ":")));
    CHECK(certificate.sha1 == lower(without(openssl_says(shop, name, {"-fingerprint", "-sha1"}), ":")));
    CHECK(certificate.serial == lower(openssl_says(shop, name, {"-serial"})));
    CHECK(certificate.subject_text == openssl_says(shop, name, {"-subject", "-nameopt", "RFC2253"}));
    CHECK(certificate.issuer_text == openssl_says(shop, name, {"-issuer", "-nameopt", "RFC2253"}));
    const auto instant = [&](const char* which) {
        std::string text = openssl_says(shop, name, {which, "-dateopt", "iso_8601"});
        text.at(text.find(' ')) = 'T';
        return text;
    };
    CHECK(to_rfc3339(certificate.not_before) == instant("-startdate"));
    CHECK(to_rfc3339(certificate.not_after) == instant("-enddate"));
    shop.must({"openssl", "x509", "-in", name + ".pem", "-noout", "-pubkey", "-out", "spki.pem"});
    shop.must({"openssl", "pkey", "-pubin", "-in", "spki.pem", "-outform", "DER", "-out", "spki.der"});
    CHECK(certificate.spki_sha256 == sha256(shop.read("spki.der")));
    CHECK(to_pem(certificate) == shop.read(name + ".pem"));
}

TEST_CASE("every field of a server certificate is what openssl wrote") {
    const Workshop shop;
    shop.certificate({"root", "/O=Contoso/CN=Contoso Root", "", authority_extensions(), {}, "", "rsa"});
    std::vector<std::string> extensions = server_extensions(
        "DNS:Edge.Contoso.NET,DNS:*.contoso.net,DNS:under_score.contoso.net,IP:192.0.2.7,"
        "IP:2001:db8::7,email:a@contoso.net,URI:http://contoso.net/,RID:1.2.3.4,"
        "otherName:1.2.3.4;UTF8:x,DNS:xn--bcher-kva.example");
    extensions.at(2) = "extendedKeyUsage=serverAuth,clientAuth,1.3.6.1.4.1.311.21.6";
    extensions.emplace_back("subjectKeyIdentifier=hash");
    extensions.emplace_back("authorityKeyIdentifier=keyid");
    extensions.emplace_back("crlDistributionPoints=URI:http://pki.contoso.net/c.crl");
    const CertificateRef leaf = shop.certificate({"leaf",
                                                  "/C=NL/ST=Noord-Holland/L=Amsterdam/O=Contoso/OU=UC/"
                                                  "OU=Second/CN=edge.contoso.net/emailAddress=a@b.c",
                                                  "root",
                                                  extensions,
                                                  {},
                                                  "",
                                                  "rsa"});
    agrees_with_openssl(shop, "leaf", *leaf);
    CHECK(leaf->subject == Subject{"edge.contoso.net",
                                   "Contoso",
                                   "UC",
                                   "Amsterdam",
                                   "Noord-Holland",
                                   "NL",
                                   {"1.2.840.113549.1.9.1=a@b.c", "2.5.4.11=Second"}});
    CHECK(leaf->issuer.common_name == "Contoso Root");
    CHECK(leaf->names.dns ==
          TextSet{"*.contoso.net", "edge.contoso.net", "under_score.contoso.net", "xn--bcher-kva.example"});
    CHECK(leaf->names.ip == TextSet{"192.0.2.7", "2001:db8::7"});
    CHECK(leaf->other_names == 4);
    CHECK(leaf->extended_key_usage == TextSet{"serverAuth", "clientAuth", "1.3.6.1.4.1.311.21.6"});
    CHECK(leaf->key == KeyKind{KeyAlgorithm::rsa, 2048});
    CHECK_FALSE(leaf->rsa_pss_key);
    CHECK(leaf->digest == "sha256");
    CHECK_FALSE(leaf->is_authority);
    CHECK_FALSE(leaf->self_signed);
    CHECK(leaf->has_crl_distribution_point);
    const CertificateRef root = parse_certificate(der_of_pem(shop.read("root.pem")));
    agrees_with_openssl(shop, "root", *root);
    CHECK(root->is_authority);
    CHECK(root->self_signed);
    CHECK_FALSE(root->has_crl_distribution_point);
    CHECK(leaf->authority_key_id == root->subject_key_id);
    CHECK(root->subject_key_id.size() == 40);
}

TEST_CASE("a subject reads the same whatever string type a CA chose") {
    const Workshop shop;
    // ASN.1 string masks: Printable, T61, BMP, UTF8 (openssl's asn1.h).
    const std::vector<std::string> masks{"MASK:0x2", "MASK:0x4", "MASK:0x800", "MASK:0x2000"};
    std::set<std::string> encodings;
    for (std::size_t i = 0; i < masks.size(); ++i) {
        CAPTURE(masks[i]);
        const std::string name = "c" + std::to_string(i);
        const CertificateRef read = shop.certificate(
            {name, "/O=Contoso Ltd/CN=edge.contoso.net", "", {}, {}, "string_mask=" + masks[i]});
        CHECK(read->subject.common_name == "edge.contoso.net");
        CHECK(read->subject.organization == "Contoso Ltd");
        CHECK(read->subject.other.empty());
        agrees_with_openssl(shop, name, *read);
        encodings.insert(read->subject_der);
    }
    CHECK(encodings.size() == masks.size());
    for (const char* mask : {"MASK:0x4", "MASK:0x800", "MASK:0x2000"}) {
        CAPTURE(mask);
        const CertificateRef read = shop.certificate(
            {"umlaut", "/CN=Bücher & Söhne, \\\"GmbH\\\"", "", {}, {}, std::string("string_mask=") + mask});
        CHECK(read->subject.common_name == "Bücher & Söhne, \"GmbH\"");
        agrees_with_openssl(shop, "umlaut", *read);
    }
}

TEST_CASE("serials are shown as openssl shows them, zero, negative and long ones too") {
    const Workshop shop;
    const std::vector<std::pair<std::string, std::string>> rows{
        {"0", "00"},
        {"1", "01"},
        {"0xff", "ff"},
        {"0x00ab", "ab"},
        {"-5", "-05"},
        {"-256", "-0100"},
        {"0x8123456789abcdef8123456789abcdef8123456789abcdef",
         "8123456789abcdef8123456789abcdef8123456789abcdef"}};
    for (const auto& [wanted, shown] : rows) {
        CAPTURE(wanted);
        const CertificateRef read = shop.certificate({"c", "/CN=c", "", {}, {"-set_serial", wanted}});
        CHECK(read->serial == shown);
        agrees_with_openssl(shop, "c", *read);
    }
    CHECK(reversed_serial("0a0b0c") == "0c0b0a");
    CHECK(reversed_serial("-0100") == "-0001");
    CHECK(reversed_serial("").empty());
}

TEST_CASE("validity beyond 2049 is read") {
    const Workshop shop;
    const CertificateRef read = shop.certificate({"c", "/CN=c", "", {}, {}, "", "p256", 20000});
    CHECK(to_rfc3339(read->not_after) > "2070");
    agrees_with_openssl(shop, "c", *read);
}

TEST_CASE("keys and signatures of every kind are named") {
    const Workshop shop;
    const CertificateRef p384 = shop.certificate({"a", "/CN=a", "", {}, {"-sha384"}, "", "p384"});
    CHECK(p384->key == KeyKind{KeyAlgorithm::ecdsa, 384});
    CHECK(p384->digest == "sha384");
    CHECK(to_text(p384->key) == "ecdsa p384");
    const CertificateRef ed25519 = shop.certificate({"b", "/CN=b", "", {}, {}, "", "ed25519"});
    CHECK(ed25519->key.algorithm == KeyAlgorithm::other);
    CHECK(ed25519->digest == "ed25519");
    CHECK(ed25519->self_signed);
    const CertificateRef pss = shop.certificate({"c", "/CN=c", "", {}, {"-sha512"}, "", "pss"});
    CHECK(pss->key == KeyKind{KeyAlgorithm::rsa, 2048});
    CHECK(pss->rsa_pss_key);
    CHECK(pss->digest == "sha512");
    CHECK(pss->self_signed);
    const CertificateRef padded =
        shop.certificate({"d", "/CN=d", "", {}, {"-sha384", "-sigopt", "rsa_padding_mode:pss"}, "", "rsa"});
    CHECK_FALSE(padded->rsa_pss_key);
    CHECK(padded->digest == "sha384");
    const CertificateRef old = shop.certificate({"d", "/CN=d", "", {}, {"-sha1"}, "", "rsa"});
    CHECK(old->digest == "sha1");
    shop.must({"openssl",
               "genpkey",
               "-algorithm",
               "EC",
               "-pkeyopt",
               "ec_paramgen_curve:brainpoolP256r1",
               "-out",
               "e.key"});
    CHECK(shop.certificate({"e", "/CN=e"})->key.algorithm == KeyAlgorithm::other);
}

TEST_CASE("certificates of GnuTLS are read") {
    const Workshop shop;
    shop.must({"certtool", "--generate-privkey", "--ecc", "--curve=secp256r1", "--outfile", "g.key"});
    shop.write(
        "template",
        "cn = edge.contoso.net\norganization = Contoso\ncountry = NL\nserial = 7\nexpiration_days = 90\n"
        "dns_name = edge01.contoso.net\nip_address = 192.0.2.9\ntls_www_server\nsigning_key\n"
        "crl_dist_points = http://pki.contoso.net/c.crl\n");
    shop.must({"certtool",
               "--generate-self-signed",
               "--load-privkey",
               "g.key",
               "--template",
               "template",
               "--outfile",
               "long.pem"});
    shop.must({"openssl", "x509", "-in", "long.pem", "-out", "g.pem"});
    const CertificateRef read = parse_certificate(der_of_pem(shop.read("g.pem")));
    agrees_with_openssl(shop, "g", *read);
    CHECK(read->names == Names{{"edge01.contoso.net"}, {"192.0.2.9"}});
    CHECK(read->extended_key_usage == TextSet{"serverAuth"});
    CHECK(read->has_crl_distribution_point);
    CHECK(read->self_signed);
}

TEST_CASE("rubbish, trailing bytes, repeated and broken extensions are refused with the reason") {
    const Workshop shop;
    const std::string plain = shop.certificate({"c", "/CN=c"})->der;
    CHECK(code_of([&] { static_cast<void>(parse_certificate(plain + '\0')); }) == "bad-certificate");
    CHECK(failure_of([&] { static_cast<void>(parse_certificate(plain + plain)); }).find("follow") !=
          std::string::npos);
    for (std::size_t length = 0; length < plain.size(); ++length) {
        REQUIRE(code_of([&] { static_cast<void>(parse_certificate(plain.substr(0, length))); }) ==
                "bad-certificate");
    }
    CHECK(code_of([&] { static_cast<void>(parse_certificate(to_pem(*parse_certificate(plain)))); }) ==
          "bad-certificate");

    const std::string unknown("\x55\x1d\x63", 3);
    const std::string names("\x55\x1d\x11", 3);
    const std::string constraints("\x55\x1d\x13", 3);
    const std::string twice =
        shop.certificate({"d", "/CN=d", "", {"subjectAltName=DNS:a.example", "2.5.29.99=DER:3000"}})->der;
    CHECK(failure_of([&] {
              static_cast<void>(parse_certificate(patched(twice, unknown, names)));
          }).find("twice") != std::string::npos);
    const std::string strangers =
        shop.certificate({"e", "/CN=e", "", {"2.5.29.98=DER:0500", "2.5.29.99=DER:0500"}})->der;
    const std::string other("\x55\x1d\x62", 3);
    CHECK(failure_of([&] {
              static_cast<void>(parse_certificate(patched(strangers, unknown, other)));
          }).find("twice") != std::string::npos);
    const std::string broken = shop.certificate({"f", "/CN=f", "", {"2.5.29.99=DER:0500"}})->der;
    CHECK(failure_of([&] {
              static_cast<void>(parse_certificate(patched(broken, unknown, names)));
          }).find("broken") != std::string::npos);
    const std::string trailing = shop.certificate({"g", "/CN=g", "", {"2.5.29.99=DER:30030101FF0500"}})->der;
    CHECK(failure_of([&] {
              static_cast<void>(parse_certificate(patched(trailing, unknown, constraints)));
          }).find("broken") != std::string::npos);
    const std::string whole = shop.certificate({"h", "/CN=h", "", {"2.5.29.99=DER:30030101FF"}})->der;
    CHECK(parse_certificate(patched(whole, unknown, constraints))->is_authority);
}

// Whoever may write a certificate otherwise has it under two names.
TEST_CASE("a certificate in BER that is not DER is refused") {
    const Workshop shop;
    const std::string plain = shop.certificate({"c", "/CN=c", "", {}, {}, "", "rsa"})->der;
    REQUIRE(plain.substr(0, 2) == std::string("\x30\x82", 2));
    const std::string longer = std::string("\x30\x83\x00", 3) + plain.substr(2);
    const std::string endless = std::string("\x30\x80", 2) + plain.substr(4) + std::string(2, '\0');
    for (const std::string& ber : {longer, endless}) {
        CHECK(failure_of([&] { static_cast<void>(parse_certificate(ber)); }).find("DER") !=
              std::string::npos);
        CertificateCache cache;
        CHECK(code_of([&] { static_cast<void>(parse_bundle(ber, cache)); }) == "bad-bundle");
    }
}

TEST_CASE("a name with a zero byte inside is counted apart and never becomes the name before the zero") {
    const Workshop shop;
    const std::string der =
        shop.certificate({"c", "/CN=c", "", {"subjectAltName=DNS:good.exampleXevil.example"}})->der;
    const CertificateRef read =
        parse_certificate(patched(der, "exampleXevil", std::string("example\0evil", 12)));
    CHECK(read->names.size() == 0);
    CHECK(read->other_names == 1);
}

TEST_CASE("a certificate whose signature is not its own is not self-signed, whatever its names say") {
    const Workshop shop;
    const CertificateRef honest = shop.certificate({"c", "/CN=c", "", authority_extensions()});
    CHECK(honest->self_signed);
    std::string der = honest->der;
    der.back() = static_cast<char>(der.back() ^ 1);
    CHECK_FALSE(parse_certificate(der)->self_signed);
}

TEST_CASE("the cache gives one value for the same bytes to all threads") {
    const Workshop shop;
    std::vector<std::string> ders;
    for (int i = 0; i < 20; ++i) {
        ders.push_back(shop.certificate({"c", "/CN=c" + std::to_string(i)})->der);
    }
    CertificateCache cache;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                for (const std::string& der : ders) {
                    const CertificateRef one = cache.parse(der);
                    wrong += one->der != der || cache.find(one->sha256) != one ? 1 : 0;
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
    const std::vector<std::string> known = cache.known();
    CHECK(known.size() == ders.size());
    CHECK(std::is_sorted(known.begin(), known.end()));
    CHECK(cache.find("nothing") == nullptr);
    CHECK(cache.find("") == nullptr);
    CHECK(code_of([&] { static_cast<void>(cache.parse("rubbish")); }) == "bad-certificate");
    CHECK(cache.known().size() == ders.size());
}

TEST_CASE("the first certificate of a PEM text is taken, and a cut one is not") {
    const Workshop shop;
    const CertificateRef first = shop.certificate({"c", "/CN=c"});
    const CertificateRef second = shop.certificate({"d", "/CN=d"});
    const std::string text = "subject=c\r\n" + to_pem(*first) + "\n\n" + to_pem(*second);
    CHECK(der_of_pem(text) == first->der);
    const std::string pem = to_pem(*first);
    CHECK(code_of([&] { static_cast<void>(der_of_pem(pem.substr(0, pem.size() / 2))); }) ==
          "bad-certificate");
    CHECK(code_of([] { static_cast<void>(der_of_pem("nothing")); }) == "bad-certificate");
}

}  // namespace
}  // namespace edgecert::x509
