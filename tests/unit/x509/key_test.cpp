// Private keys made, written and read; openssl says whether they are sound.
#include "resources/x509/key.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/text/encoding.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

TEST_CASE("keys of every kind are made as PKCS#8 that openssl finds sound") {
    const Workshop shop;
    for (const KeyKind kind : {KeyKind{KeyAlgorithm::rsa, 2048},
                               KeyKind{KeyAlgorithm::rsa, 3072},
                               KeyKind{KeyAlgorithm::ecdsa, 256},
                               KeyKind{KeyAlgorithm::ecdsa, 384}}) {
        CAPTURE(to_text(kind));
        const PrivateKey key = generate_key(kind);
        CHECK(key.kind == kind);
        CHECK(key.pem.view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        shop.write("k.pem", key.pem.view());
        CHECK(shop.must({"openssl", "pkey", "-in", "k.pem", "-check", "-noout"}).find("Key is valid") !=
              std::string::npos);
        shop.must({"openssl", "pkey", "-in", "k.pem", "-pubout", "-outform", "DER", "-out", "spki.der"});
        CHECK(key.spki_der == shop.read("spki.der"));
        CHECK(key.spki_sha256 == sha256(key.spki_der));
        shop.must({"certtool", "--key-info", "--infile", "k.pem"});
        const PrivateKey again = parse_key(key.pem.view());
        CHECK(again.pem.view() == key.pem.view());
        CHECK(again.spki_sha256 == key.spki_sha256);
    }
    CHECK(generate_key({KeyAlgorithm::ecdsa, 256}).spki_sha256 !=
          generate_key({KeyAlgorithm::ecdsa, 256}).spki_sha256);
}

TEST_CASE("weak and unknown kinds are not made") {
    for (const KeyKind kind : {KeyKind{KeyAlgorithm::rsa, 1024},
                               KeyKind{KeyAlgorithm::rsa, 16384},
                               KeyKind{KeyAlgorithm::ecdsa, 521},
                               KeyKind{KeyAlgorithm::other, 0}}) {
        CHECK(code_of([&] { static_cast<void>(generate_key(kind)); }) == "bad-key-kind");
    }
}

TEST_CASE("traditional keys are read, and written as PKCS#8") {
    const Workshop shop;
    shop.must({"openssl", "genrsa", "-traditional", "-out", "rsa.pem", "2048"});
    shop.must(
        {"openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", "ec.pem"});  // EC PARAMETERS first
    CHECK(shop.read("rsa.pem").starts_with("-----BEGIN RSA PRIVATE KEY"));
    CHECK(shop.read("ec.pem").starts_with("-----BEGIN EC PARAMETERS"));
    for (const char* name : {"rsa.pem", "ec.pem"}) {
        CAPTURE(name);
        const PrivateKey key = parse_key(shop.read(name));
        CHECK(key.pem.view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        shop.must({"openssl", "pkey", "-in", name, "-pubout", "-outform", "DER", "-out", "spki.der"});
        CHECK(key.spki_der == shop.read("spki.der"));
    }
}

TEST_CASE("the public part is what openssl derives, in whatever form the key is kept") {
    const Workshop shop;
    for (const char* kind : {"rsa", "p256", "p384", "ed25519", "pss"}) {
        shop.key(kind, kind);
    }
    shop.must({"openssl",
               "genpkey",
               "-algorithm",
               "EC",
               "-pkeyopt",
               "ec_paramgen_curve:P-256",
               "-pkeyopt",
               "ec_param_enc:explicit",
               "-out",
               "explicit.key"});
    shop.must(
        {"openssl", "pkey", "-in", "p256.key", "-ec_conv_form", "compressed", "-out", "compressed.key"});
    shop.must({"openssl", "pkey", "-in", "p256.key", "-traditional", "-out", "traditional.key"});
    for (const std::string name :
         {"rsa", "p256", "p384", "ed25519", "pss", "explicit", "compressed", "traditional"}) {
        CAPTURE(name);
        const std::string file = name + ".key";
        shop.must({"openssl", "pkey", "-in", file, "-pubout", "-outform", "DER", "-out", "spki.der"});
        const PrivateKey key = parse_key(shop.read(file));
        CHECK(key.spki_der == shop.read("spki.der"));
        CHECK(public_part(shop.read(file)) == key.spki_sha256);
        CHECK(parse_key(key.pem.view()).spki_der == key.spki_der);
    }
    CHECK(code_of([] { static_cast<void>(public_part("rubbish")); }) == "bad-key");
}

TEST_CASE("an encrypted key is refused as such, without a prompt") {
    const Workshop shop;
    shop.key("plain", "rsa");
    shop.must(
        {"openssl", "pkcs8", "-topk8", "-in", "plain.key", "-passout", "pass:secret", "-out", "pkcs8.pem"});
    shop.must({"openssl",
               "rsa",
               "-traditional",
               "-in",
               "plain.key",
               "-aes128",
               "-passout",
               "pass:secret",
               "-out",
               "old.pem"});
    for (const char* name : {"pkcs8.pem", "old.pem"}) {
        CAPTURE(name);
        CHECK(code_of([&] { static_cast<void>(parse_key(shop.read(name))); }) == "encrypted-key");
    }
}

TEST_CASE("what is no private key is refused") {
    const Workshop shop;
    shop.key("plain");
    shop.must({"openssl", "pkey", "-in", "plain.key", "-pubout", "-out", "public.pem"});
    const std::string whole = shop.read("plain.key");
    for (const std::string& text : {std::string(),
                                    std::string("rubbish"),
                                    shop.read("public.pem"),
                                    whole.substr(0, whole.size() / 2),
                                    std::string(100'000, 'x')}) {
        CHECK(code_of([&] { static_cast<void>(parse_key(text)); }) == "bad-key");
    }
}

TEST_CASE("a key whose halves do not belong together is refused, wherever the flipped bit is") {
    const Workshop shop;
    for (const char* kind : {"rsa", "p256"}) {
        CAPTURE(kind);
        shop.key(kind, kind);
        shop.must({"openssl",
                   "pkcs8",
                   "-topk8",
                   "-nocrypt",
                   "-in",
                   std::string(kind) + ".key",
                   "-outform",
                   "DER",
                   "-out",
                   "k.der"});
        const std::string der = shop.read("k.der");
        REQUIRE_FALSE(code_of([&] { static_cast<void>(parse_key(shop.read(std::string(kind) + ".key"))); }) ==
                      "bad-key");
        const std::string own = parse_key(shop.read(std::string(kind) + ".key")).spki_sha256;
        int refused = 0;
        int tried = 0;
        for (std::size_t at = 70; at < der.size(); at += der.size() / 23) {
            std::string flipped = der;
            flipped[at] = static_cast<char>(flipped[at] ^ 4);
            std::string pem =
                "-----BEGIN PRIVATE KEY-----\n" + to_base64(flipped) + "\n-----END PRIVATE KEY-----\n";
            ++tried;
            refused += code_of([&] { static_cast<void>(parse_key(pem)); }) == "bad-key" ? 1 : 0;
        }
        CHECK(tried > 10);
        CHECK(refused == tried);
    }
}

TEST_CASE("a key of another algorithm is read as other") {
    const Workshop shop;
    shop.key("e", "ed25519");
    CHECK(parse_key(shop.read("e.key")).kind.algorithm == KeyAlgorithm::other);
    // RFC 5480 section 2.1.1: specifiedCurve must not be used; many do not connect to such a key.
    shop.must(
        {"openssl", "ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-out", "x.key"});
    shop.must({"openssl", "req", "-new", "-x509", "-key", "x.key", "-subj", "/CN=x", "-out", "x.pem"});
    CHECK(parse_key(shop.read("x.key")).kind.algorithm == KeyAlgorithm::other);
    CHECK(parse_certificate(der_of_pem(shop.read("x.pem")))->key.algorithm == KeyAlgorithm::other);
}

}  // namespace
}  // namespace edgecert::x509
