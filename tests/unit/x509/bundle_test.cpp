// Bundles in every encoding that CAs and people send, whole and cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/x509/chain.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

using Certificates = std::vector<CertificateRef>;

std::vector<std::string> fingerprints(const Certificates& all) {
    std::vector<std::string> list;
    for (const CertificateRef& one : all) {
        list.push_back(one->sha256);
    }
    return list;
}

struct Chain {
    Workshop shop{};
    CertificateRef root{};
    CertificateRef issuing{};
    CertificateRef leaf{};
    CertificateCache cache{};

    Chain() {
        root = shop.certificate({"root", "/CN=Root", "", authority_extensions()});
        issuing = shop.certificate({"issuing", "/CN=Issuing", "root", authority_extensions("0")});
        leaf = shop.certificate({"leaf", "/CN=edge.contoso.net", "issuing", server_extensions()});
    }

    // openssl's PKCS#7 of the named certificates in that order.
    std::string pkcs7(const std::vector<std::string>& names, const std::string& form) {
        std::vector<std::string> argv{"openssl", "crl2pkcs7", "-nocrl", "-outform", form, "-out", "b.p7b"};
        for (const std::string& name : names) {
            argv.insert(argv.end(), {"-certfile", name + ".pem"});
        }
        shop.must(argv);
        return shop.read("b.p7b");
    }

    std::vector<std::string> read(const std::string& bytes) {
        return fingerprints(parse_bundle(bytes, cache));
    }
    std::string failure(const std::string& bytes) {
        return failure_of([&] { static_cast<void>(parse_bundle(bytes, cache)); });
    }
};

std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) {
        out += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return out;
}

TEST_CASE("bundles are read in every encoding and order") {
    Chain chain;
    const std::vector<std::string> up = fingerprints({chain.leaf, chain.issuing, chain.root});
    const std::vector<std::string> down = fingerprints({chain.root, chain.issuing, chain.leaf});
    const std::string der = chain.pkcs7({"leaf", "issuing", "root"}, "DER");
    const std::string pem = chain.pkcs7({"root", "issuing", "leaf"}, "PEM");
    CHECK(chain.read(der) == up);
    CHECK(chain.read(pem) == down);
    CHECK(chain.read(with_crlf(pem)) == down);
    const std::string mislabelled =
        "-----BEGIN CERTIFICATE-----\n" + to_base64(der) + "\n-----END CERTIFICATE-----\n";
    CHECK(chain.read(mislabelled) == up);
    const std::string plain = to_pem(*chain.leaf) + to_pem(*chain.issuing) + to_pem(*chain.root);
    CHECK(chain.read(plain) == up);
    CHECK(chain.read("\xef\xbb\xbf" + with_crlf("subject=leaf\n" + plain) + "and that was it") == up);
    CHECK(chain.read(to_pem(*chain.leaf) + pem) == fingerprints({chain.leaf, chain.root, chain.issuing}));
    CHECK(chain.read(chain.leaf->der) == fingerprints({chain.leaf}));
    CHECK(chain.read(plain + plain) == up);
    CHECK(chain.read(chain.shop.read("leaf.key") + plain) == up);  // a key beside them is passed over
}

TEST_CASE("bundles of GnuTLS are read, and it reads ours in our order") {
    Chain chain;
    chain.shop.write("all.pem", to_pem(*chain.leaf) + to_pem(*chain.issuing) + to_pem(*chain.root));
    chain.shop.must(
        {"certtool", "--p7-generate", "--load-certificate", "all.pem", "--outder", "--outfile", "g.p7b"});
    std::vector<std::string> theirs = chain.read(chain.shop.read("g.p7b"));
    std::vector<std::string> all = fingerprints({chain.leaf, chain.issuing, chain.root});
    std::sort(theirs.begin(), theirs.end());
    std::sort(all.begin(), all.end());
    CHECK(theirs == all);

    const std::string ours = make_bundle({chain.leaf, chain.issuing, chain.root});
    chain.shop.write("ours.p7b", ours);
    chain.shop.must({"certtool", "--p7-info", "--inder", "--infile", "ours.p7b"});
    const std::string listed =
        chain.shop.must({"openssl", "pkcs7", "-inform", "DER", "-in", "ours.p7b", "-print_certs", "-noout"});
    const std::size_t leaf = listed.find("subject=CN = edge.contoso.net");
    const std::size_t issuing = listed.find("subject=CN = Issuing");
    const std::size_t root = listed.find("subject=CN = Root");
    CHECK(leaf < issuing);
    CHECK(issuing < root);
    CHECK(root != std::string::npos);
    CHECK(chain.read(ours) == fingerprints({chain.leaf, chain.issuing, chain.root}));
}

TEST_CASE("a file that is still being copied is never taken for a whole one") {
    Chain chain;
    const std::string der = chain.pkcs7({"leaf", "issuing", "root"}, "DER");
    for (std::size_t length = 0; length < der.size(); ++length) {
        CAPTURE(length);
        REQUIRE(chain.failure(der.substr(0, length)).starts_with("bad-bundle"));
    }
    CHECK(chain.failure(der.substr(0, 500)).find("still being copied") != std::string::npos);
    const std::string first = to_pem(*chain.leaf);
    const std::string plain = first + to_pem(*chain.issuing);
    // Cut exactly behind a block, a file looks whole: nothing in it says that more was meant to follow.
    const auto looks_whole = [&](std::size_t length) {
        return length == first.size() || length == first.size() - 1 || length == plain.size() - 1;
    };
    for (std::size_t length = 0; length < plain.size(); ++length) {
        CAPTURE(length);
        REQUIRE(chain.failure(plain.substr(0, length)).starts_with("bad-bundle") == !looks_whole(length));
    }
}

TEST_CASE("rubbish is refused with the reason") {
    Chain chain;
    CHECK(chain.failure("").starts_with("bad-bundle"));
    CHECK(chain.failure("<html>denied</html>").starts_with("bad-bundle: neither PEM nor DER"));
    CHECK(chain.failure(chain.leaf->der + "x").find("follow") != std::string::npos);
    CHECK(chain.failure(chain.pkcs7({"leaf"}, "DER") + "x").find("follow") != std::string::npos);
    CHECK(chain.failure(chain.shop.read("leaf.key")).find("only: PRIVATE KEY") != std::string::npos);
    CHECK(chain.failure(patched(to_pem(*chain.leaf), "MII", "M!I")).find("base64") != std::string::npos);
    CHECK(chain.failure(std::string(2 * 1024 * 1024, 'x')).find("1 MiB") != std::string::npos);
    chain.shop.must({"openssl", "crl2pkcs7", "-nocrl", "-outform", "DER", "-out", "empty.p7b"});
    CHECK(chain.failure(chain.shop.read("empty.p7b")).find("no certificate") != std::string::npos);
    chain.shop.write("t", "text");
    chain.shop.must({"openssl", "cms", "-data_create", "-in", "t", "-outform", "DER", "-out", "data.p7"});
    CHECK(chain.failure(chain.shop.read("data.p7")).find("another kind") != std::string::npos);
    const std::string broken =
        patched(chain.issuing->der, std::string("\x55\x1d\x0e", 3), std::string("\x55\x1d\x13", 3));
    const std::string armoured =
        "-----BEGIN CERTIFICATE-----\n" + to_base64(broken) + "\n-----END CERTIFICATE-----\n";
    CHECK(chain.failure(to_pem(*chain.leaf) + armoured).find("certificate 2: ") != std::string::npos);
}

TEST_CASE("a bundle holds at most 64 certificates") {
    Chain chain;
    const std::string der = chain.leaf->der;
    std::string text;
    for (int i = 0; i < 65; ++i) {
        std::string other = der;  // another signature is another certificate
        other.back() = static_cast<char>(i);
        if (i == 64) {
            CHECK(chain.read(text).size() == 64);
        }
        text += "-----BEGIN CERTIFICATE-----\n" + to_base64(other) + "\n-----END CERTIFICATE-----\n";
    }
    CHECK(chain.failure(text).find("64") != std::string::npos);
}

}  // namespace
}  // namespace edgecert::x509
