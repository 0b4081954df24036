// PFX files: ours opened by openssl, GnuTLS, NSS and Java; theirs opened by us.
#include "resources/x509/pfx.h"

#include <doctest/doctest.h>
#include <openssl/obj_mac.h>

#include <chrono>
#include <string>
#include <vector>

#include "resources/x509/openssl.h"
#include "resources/x509/pfx_cost.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Test passwords; those of the product never stand in an argv.
const char* const password = "Pa55 word!~";

struct Material {
    Workshop shop{};
    PfxContents contents{};
    CertificateCache cache{};

    explicit Material(const std::string& kind) {
        const CertificateRef root =
            shop.certificate({"root", "/CN=Root", "", authority_extensions(), {}, "", kind});
        const CertificateRef issuing =
            shop.certificate({"issuing", "/CN=Issuing", "root", authority_extensions("0"), {}, "", kind});
        contents.certificate =
            shop.certificate({"leaf", "/CN=edge.contoso.net", "issuing", server_extensions(), {}, "", kind});
        contents.key = parse_key(shop.read("leaf.key"));
        contents.chain = {issuing, root};
        contents.friendly_name = "Edge Internal";
        shop.write("chain.pem", to_pem(*root) + to_pem(*issuing));  // root first, on purpose
    }

    // A PFX of openssl from the same material.
    std::string theirs(const std::vector<std::string>& options) {
        std::vector<std::string> argv{
            "openssl", "pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key", "-certfile"};
        argv.insert(argv.end(),
                    {"chain.pem", "-name", "Their Name", "-passout", std::string("pass:") + password});
        argv.insert(argv.end(), {"-out", "theirs.pfx"});
        argv.insert(argv.end(), options.begin(), options.end());
        shop.must(argv);
        return shop.read("theirs.pfx");
    }
    PfxContents open(const std::string& bytes, const std::string& with = password) {
        return parse_pfx(bytes, Secret(with), cache);
    }
    std::string failure(const std::string& bytes, const std::string& with = password) {
        return failure_of([&] { static_cast<void>(open(bytes, with)); });
    }
    void check_same(const PfxContents& read, const std::string& friendly_name) const {
        CHECK(read.key.spki_sha256 == contents.key.spki_sha256);
        CHECK(read.key.pem.view() == contents.key.pem.view());
        CHECK(read.certificate->sha256 == contents.certificate->sha256);
        REQUIRE(read.chain.size() == 2);
        CHECK(read.chain[0]->sha256 == contents.chain[0]->sha256);
        CHECK(read.chain[1]->sha256 == contents.chain[1]->sha256);
        CHECK(read.friendly_name == friendly_name);
    }
};

TEST_CASE(
    "our PFX files open with openssl, GnuTLS, NSS and Java, in both profiles and with both kinds of key") {
    for (const char* kind : {"rsa", "p256"}) {
        Material material(kind);
        const Workshop& shop = material.shop;
        shop.must({"mkdir", "nss"});
        shop.must({"certutil", "-N", "-d", "sql:nss", "--empty-password"});
        for (const PfxProfile profile : {PfxProfile::modern, PfxProfile::tdes_sha1}) {
            const bool modern = profile == PfxProfile::modern;
            CAPTURE(kind);
            CAPTURE(modern);
            const Secret pfx = make_pfx(material.contents, Secret(password), profile);
            shop.write("ours.pfx", pfx.view());

            const test::Ran ran = shop.run({"openssl",
                                            "pkcs12",
                                            "-in",
                                            "ours.pfx",
                                            "-info",
                                            "-nodes",
                                            "-passin",
                                            std::string("pass:") + password});
            REQUIRE(ran.status == 0);
            CHECK(holds(ran.err, modern ? "MAC: sha256, Iteration 10000" : "MAC: sha1, Iteration 10000"));
            CHECK(holds(ran.err,
                        modern ? "PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256"
                               : "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000"));
            CHECK(holds(ran.out, "friendlyName: Edge Internal"));
            CHECK(holds(ran.out, "localKeyID: "));
            const bool rsa = std::string(kind) == "rsa";
            CHECK(holds(ran.out, "Microsoft CSP Name: Microsoft RSA SChannel Cryptographic Provider") == rsa);
            CHECK(holds(ran.out, "Microsoft Local Key set") == rsa);
            CHECK(holds(ran.out, "X509v3 Key Usage: 10") == rsa);  // KEY_EX
            CHECK(holds(ran.out, "CN = Root"));

            const std::string gnutls = shop.must(
                {"certtool", "--p12-info", "--inder", "--infile", "ours.pfx", "--password", password});
            CHECK(holds(gnutls, "Friendly name: Edge Internal"));
            const std::string nss =
                shop.must({"pk12util", "-l", "ours.pfx", "-d", "sql:nss", "-W", password});
            CHECK(holds(nss, "Edge Internal"));
            CHECK(holds(nss, "CN=Issuing"));
            const std::string java = shop.must({"keytool",
                                                "-list",
                                                "-v",
                                                "-storetype",
                                                "PKCS12",
                                                "-keystore",
                                                "ours.pfx",
                                                "-storepass",
                                                password});
            CHECK(holds(java, "PrivateKeyEntry"));
            CHECK(holds(java, "Certificate chain length: 3"));

            material.check_same(material.open(std::string(pfx.view())), "Edge Internal");
            CHECK(material.failure(std::string(pfx.view()), "wrong").starts_with("wrong-password"));
        }
    }
}

TEST_CASE("PFX files of openssl are opened, in its old and new defaults") {
    Material material("rsa");
    const std::vector<std::vector<std::string>> rows{
        {},
        {"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
        {"-keypbe", "NONE", "-certpbe", "NONE"},
        {"-keypbe", "AES-128-CBC", "-certpbe", "NONE", "-macalg", "sha512", "-iter", "1"}};
    for (const std::vector<std::string>& options : rows) {
        material.check_same(material.open(material.theirs(options)), "Their Name");
    }
    CHECK(material.failure(material.theirs({}), "").starts_with("wrong-password"));
}

TEST_CASE("PFX files of Java and GnuTLS are opened") {
    Material material("rsa");
    const Workshop& shop = material.shop;
    shop.must({"keytool",
               "-genkeypair",
               "-alias",
               "edge",
               "-keyalg",
               "RSA",
               "-dname",
               "CN=edge",
               "-storetype",
               "PKCS12",
               "-keystore",
               "java.pfx",
               "-storepass",
               "changeit"});
    const PfxContents java = material.open(shop.read("java.pfx"), "changeit");
    CHECK(java.certificate->subject.common_name == "edge");
    CHECK(java.friendly_name == "edge");
    CHECK(java.chain.empty());
    shop.must({"certtool",
               "--to-p12",
               "--load-privkey",
               "leaf.key",
               "--load-certificate",
               "leaf.pem",
               "--p12-name",
               "gnu",
               "--password",
               "changeit",
               "--outder",
               "--outfile",
               "gnu.pfx"});
    CHECK(material.open(shop.read("gnu.pfx"), "changeit").certificate ==
          material.open(material.theirs({})).certificate);
}

TEST_CASE("an empty password opens what has one") {
    Material material("p256");
    material.shop.must({"openssl",
                        "pkcs12",
                        "-export",
                        "-in",
                        "leaf.pem",
                        "-inkey",
                        "leaf.key",
                        "-passout",
                        "pass:",
                        "-out",
                        "empty.pfx"});
    CHECK(material.open(material.shop.read("empty.pfx"), "").certificate->sha256 ==
          material.contents.certificate->sha256);
    CHECK(material.failure(material.shop.read("empty.pfx")).starts_with("wrong-password"));
}

TEST_CASE("RC2-40 is refused in words, not called a wrong password") {
    Material material("rsa");
    const std::string failure = material.failure(material.theirs({"-legacy"}));
    CHECK(failure.starts_with("bad-pfx"));
    CHECK(holds(failure, "RC2-40"));
    CHECK(holds(failure, "legacy provider"));
}

// The iteration count at the end of the MAC made 2,147,483,647: two bytes more in it and in the two lengths
// around it.
std::string with_huge_mac_count(std::string pfx) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(pfx.at(at)); };
    std::size_t mac = pfx.size() - 40;
    while (!(byte(mac) == 0x30 && byte(mac + 1) == pfx.size() - mac - 2)) {
        --mac;
    }
    REQUIRE(pfx.ends_with(std::string("\x02\x02\x08\x00", 4)));
    REQUIRE(pfx.starts_with("\x30\x82"));
    pfx.replace(pfx.size() - 4, 4, std::string("\x02\x04\x7f\xff\xff\xff", 6));
    pfx.at(mac + 1) = static_cast<char>(byte(mac + 1) + 2);
    const unsigned length = (static_cast<unsigned>(byte(2)) << 8U | byte(3)) + 2U;
    pfx.at(2) = static_cast<char>(length >> 8U);
    pfx.at(3) = static_cast<char>(length & 0xFFU);
    return pfx;
}

// What openssl says of a PFX that it opens.
std::string told_by_openssl(const Workshop& shop, const Secret& pfx, const std::string& with) {
    shop.write("ours.pfx", pfx.view());
    const test::Ran ran =
        shop.run({"openssl", "pkcs12", "-in", "ours.pfx", "-info", "-noout", "-passin", "pass:" + with});
    REQUIRE(ran.status == 0);
    return ran.err;
}

TEST_CASE("a password that was made at random is not slowed down, one that could be guessed always is") {
    Material material("p256");
    const std::string random(32, 'a');
    const std::string guessable(31, 'a');
    for (const PfxProfile profile : {PfxProfile::modern, PfxProfile::tdes_sha1}) {
        const auto told = [&](const std::string& with, PasswordOrigin origin) {
            return told_by_openssl(
                material.shop, make_pfx(material.contents, Secret(with), profile, origin), with);
        };
        const std::string quick = told(random, PasswordOrigin::random);
        CHECK(holds(quick, "Iteration 1000\n"));
        CHECK_FALSE(holds(quick, "Iteration 10000"));
        for (const std::string& slow :
             {told(random, PasswordOrigin::chosen), told(guessable, PasswordOrigin::random)}) {
            CHECK(holds(slow, "Iteration 10000"));
            CHECK_FALSE(holds(slow, "Iteration 1000\n"));
        }
    }
}

TEST_CASE("a huge iteration count is refused before it is computed") {
    Material material("p256");
    const std::string modest = material.theirs({});
    const auto begin = std::chrono::steady_clock::now();
    const std::string failure = material.failure(with_huge_mac_count(modest));
    CHECK(failure == "bad-pfx: more than 10,000,000 iterations");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("iteration counts are added up over the whole file, and ciphers are known before they are used") {
    using AlgorithmHandle = Owned<X509_ALGOR, X509_ALGOR_free>;
    const auto pbes2 = [](int iterations) {
        return AlgorithmHandle(PKCS5_pbe2_set(EVP_aes_256_cbc(), iterations, nullptr, 8));
    };
    const auto pbe = [](int nid, int iterations) {
        return AlgorithmHandle(PKCS5_pbe_set(nid, iterations, nullptr, 8));
    };
    const auto failure = [](const std::vector<const X509_ALGOR*>& all) {
        return failure_of([&] {
            PfxCost cost;
            for (const X509_ALGOR* one : all) {
                cost.add_encryption(one);
            }
        });
    };
    const AlgorithmHandle most = pbes2(10'000'000);
    const AlgorithmHandle over = pbes2(10'000'001);
    const AlgorithmHandle half = pbe(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 6'000'000);
    CHECK(failure({most.get()}).empty());
    CHECK(failure({over.get()}) == "bad-pfx: more than 10,000,000 iterations");
    CHECK(failure({half.get()}).empty());
    CHECK(failure({half.get(), half.get()}) == "bad-pfx: more than 10,000,000 iterations");
    CHECK(holds(failure({pbe(NID_pbe_WithSHA1And128BitRC4, 1).get()}), "needs OpenSSL's legacy provider"));
    const AlgorithmHandle scrypt(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, 16384, 8, 1));
    CHECK(holds(failure({scrypt.get()}), "not known here (1.3.6.1.4.1.11591.4.11)"));
}

TEST_CASE("what is no PFX, or only half of one, is refused with the reason") {
    Material material("p256");
    const std::string whole = material.theirs({"-iter", "1"});
    CHECK(material.failure("").starts_with("bad-pfx"));
    CHECK(material.failure("rubbish").starts_with("bad-pfx"));
    CHECK(holds(material.failure(whole + "x"), "follow"));
    CHECK(holds(material.failure(std::string(5 * 1024 * 1024, 'x')), "4 MiB"));
    for (std::size_t length = 0; length < whole.size(); length += 7) {
        REQUIRE(material.failure(whole.substr(0, length)).starts_with("bad-pfx"));
    }
    CHECK(holds(material.failure(material.theirs({"-nomac"})), "no MAC"));
    const Workshop& shop = material.shop;
    shop.must({"openssl",
               "pkcs12",
               "-export",
               "-nokeys",
               "-in",
               "leaf.pem",
               "-passout",
               "pass:x",
               "-out",
               "nokey.pfx"});
    CHECK(holds(material.failure(shop.read("nokey.pfx"), "x"), "no private key"));
    shop.must({"openssl",
               "pkcs12",
               "-export",
               "-nocerts",
               "-inkey",
               "leaf.key",
               "-passout",
               "pass:x",
               "-out",
               "nocert.pfx"});
    CHECK(holds(material.failure(shop.read("nocert.pfx"), "x"), "no certificate"));
}

TEST_CASE("a PFX is made only of a key and its certificate, under a password that every Windows can type") {
    Material material("p256");
    const auto code = [&](const PfxContents& contents, const std::string& with) {
        return code_of([&] { static_cast<void>(make_pfx(contents, Secret(with), PfxProfile::modern)); });
    };
    CHECK(code(material.contents, "good").empty());
    CHECK(code(material.contents, "").starts_with("bad-password"));
    CHECK(code(material.contents, "Bücher").starts_with("bad-password"));
    CHECK(code(material.contents, std::string("a\0b", 3)).starts_with("bad-password"));
    PfxContents other = material.contents;
    other.key = generate_key({KeyAlgorithm::ecdsa, 256});
    CHECK(code(other, "good") == "bad-pfx");
    other = material.contents;
    other.friendly_name = "Édge ☃";
    const Secret pfx = make_pfx(other, Secret("good"), PfxProfile::modern);
    CHECK(material.open(std::string(pfx.view()), "good").friendly_name == other.friendly_name);
}

}  // namespace
}  // namespace edgecert::x509
