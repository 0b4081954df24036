// Paths over certificates made by openssl: found, refused, and why.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "resources/x509/chain.h"
#include "tests/unit/x509/workshop.h"

namespace edgecert::x509 {
namespace {

using Certificates = std::vector<CertificateRef>;
using Days = std::chrono::days;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct Pki {
    Workshop shop{};
    CertificateRef root{};
    CertificateRef issuing{};
    CertificateRef leaf{};
    Instant now{};

    Pki() {
        root = shop.certificate({"root", "/CN=Root", "", authority_extensions()});
        issuing = shop.certificate({"issuing", "/CN=Issuing", "root", authority_extensions("0")});
        leaf = shop.certificate({"leaf", "/CN=edge.contoso.net", "issuing", server_extensions()});
        now = leaf->not_before + std::chrono::hours(1);
    }

    [[nodiscard]] std::variant<Path, NoPath> build(const Certificates& intermediates,
                                                   const Certificates& roots,
                                                   bool check_times = true) const {
        return build_path(leaf, intermediates, roots, now, check_times);
    }
    [[nodiscard]] Certificates path(const Certificates& intermediates, const Certificates& roots) const {
        const auto result = build(intermediates, roots);
        REQUIRE(std::holds_alternative<Path>(result));
        return std::get<Path>(result).certificates;
    }
    [[nodiscard]] NoPath none(const Certificates& intermediates, const Certificates& roots) const {
        const auto result = build(intermediates, roots);
        REQUIRE(std::holds_alternative<NoPath>(result));
        return std::get<NoPath>(result);
    }
};

TEST_CASE("a path goes from the leaf over the intermediates to the pinned root") {
    const Pki pki;
    const CertificateRef stranger = pki.shop.certificate({"s", "/CN=Stranger", "", authority_extensions()});
    const Certificates whole{pki.leaf, pki.issuing, pki.root};
    CHECK(pki.path({pki.issuing}, {pki.root}) == whole);
    CHECK(pki.path({stranger, pki.root, pki.leaf, pki.issuing}, {stranger, pki.root}) == whole);
    const auto of_root = build_path(pki.root, {}, {pki.root}, pki.now, true);
    CHECK(std::get<Path>(of_root).certificates == Certificates{pki.root});
    const auto of_issuing = build_path(pki.issuing, {pki.issuing}, {pki.root}, pki.now, true);
    CHECK(std::get<Path>(of_issuing).certificates == Certificates{pki.issuing, pki.root});
}

TEST_CASE("without the issuer or the root there is no path, and the missing one is named") {
    const Pki pki;
    const NoPath no_issuing = pki.none({}, {pki.root});
    CHECK(no_issuing.missing_issuer == "CN=Issuing");
    CHECK(holds(no_issuing.why, "unable to get local issuer certificate"));
    const NoPath no_root = pki.none({pki.issuing}, {});
    CHECK(no_root.missing_issuer == "CN=Root");
    const NoPath unpinned = pki.none({pki.issuing, pki.root}, {});
    CHECK(unpinned.missing_issuer.empty());
    CHECK(holds(unpinned.why, "CN=Root is not among the trusted roots"));
    CHECK(holds(unpinned.why, "self-signed certificate in certificate chain"));
}

TEST_CASE("an intermediate is no trust anchor") {
    const Pki pki;
    const NoPath none = pki.none({}, {pki.issuing});
    CHECK(none.missing_issuer == "CN=Issuing");
    CHECK(pki.none({pki.issuing}, {pki.issuing}).missing_issuer == "CN=Root");
    CHECK(std::holds_alternative<NoPath>(build_path(pki.leaf, {}, {pki.leaf}, pki.now, true)));
}

TEST_CASE("the environment's roots have no say") {
    const Pki pki;
    pki.shop.write("all.pem", to_pem(*pki.root));
    const std::string file = pki.shop.must({"realpath", "all.pem"});
    // NOLINTBEGIN(concurrency-mt-unsafe): this program tests in one thread
    setenv("SSL_CERT_FILE", file.substr(0, file.size() - 1).c_str(), 1);
    const auto result = pki.build({pki.issuing}, {});
    unsetenv("SSL_CERT_FILE");
    // NOLINTEND(concurrency-mt-unsafe)
    CHECK(std::holds_alternative<NoPath>(result));
}

TEST_CASE("validity is checked at the given time, and only when asked for") {
    const Pki pki;
    const auto at = [&](Instant when, bool check_times) {
        return build_path(pki.leaf, {pki.issuing}, {pki.root}, when, check_times);
    };
    const auto late = at(pki.now + Days(400), true);
    REQUIRE(std::holds_alternative<NoPath>(late));
    CHECK(holds(std::get<NoPath>(late).why, "certificate has expired"));
    CHECK(std::get<NoPath>(late).missing_issuer.empty());
    const auto early = at(pki.now - Days(400), true);
    REQUIRE(std::holds_alternative<NoPath>(early));
    CHECK(holds(std::get<NoPath>(early).why, "not yet valid"));
    CHECK(std::holds_alternative<Path>(at(pki.now + Days(400), false)));
    CHECK(std::holds_alternative<Path>(at(pki.now - Days(400), false)));
    CHECK(std::holds_alternative<Path>(at(pki.leaf->not_before, true)));
    CHECK(std::holds_alternative<NoPath>(at(pki.leaf->not_before - Seconds(1), true)));
}

TEST_CASE("of several authorities of one name the one that signed is found, in any order") {
    const Pki pki;
    // Re-keyed: the same name, another key, no key identifiers to tell them apart.
    const std::vector<std::string> bare{
        "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=none", "authorityKeyIdentifier=none"};
    const CertificateRef old_root = pki.shop.certificate({"old", "/CN=Twin", "", bare});
    const CertificateRef new_root = pki.shop.certificate({"new", "/CN=Twin", "", bare});
    const CertificateRef leaf = pki.shop.certificate(
        {"below", "/CN=below", "new", {"basicConstraints=CA:FALSE", "authorityKeyIdentifier=none"}});
    REQUIRE(old_root->subject_key_id.empty());
    REQUIRE(leaf->authority_key_id.empty());
    for (const Certificates& roots : {Certificates{old_root, new_root}, Certificates{new_root, old_root}}) {
        const auto result = build_path(leaf, {}, roots, pki.now, true);
        REQUIRE(std::holds_alternative<Path>(result));
        CHECK(std::get<Path>(result).certificates == Certificates{leaf, new_root});
    }
    const auto wrong = build_path(leaf, {}, {old_root}, pki.now, true);
    REQUIRE(std::holds_alternative<NoPath>(wrong));
    CHECK_MESSAGE(holds(std::get<NoPath>(wrong).why, "signature failure"), std::get<NoPath>(wrong).why);
    CHECK(issued_by(*leaf, *new_root));
    CHECK_FALSE(issued_by(*leaf, *old_root));
}

TEST_CASE("an authority of the right name whose key identifier says otherwise is a missing issuer") {
    const Pki pki;
    const CertificateRef twin = pki.shop.certificate({"twin", "/CN=Root", "", authority_extensions()});
    std::vector<std::string> pointing = authority_extensions("0");
    pointing.emplace_back("authorityKeyIdentifier=keyid");
    const CertificateRef below = pki.shop.certificate({"below", "/CN=Below", "root", pointing});
    const auto result = build_path(below, {}, {twin}, pki.now, true);
    REQUIRE(std::holds_alternative<NoPath>(result));
    CHECK(std::get<NoPath>(result).missing_issuer == "CN=Root");
    CHECK(holds(std::get<NoPath>(result).why, "unable to get local issuer certificate: CN=Below"));
}

TEST_CASE("a cross-signed intermediate to an unknown root does not hide the one to ours, in any order") {
    const Pki pki;
    const CertificateRef other =
        pki.shop.certificate({"other", "/CN=Other Root", "", authority_extensions()});
    pki.shop.write("cross.key", pki.shop.read("issuing.key"));
    const CertificateRef cross =
        pki.shop.certificate({"cross", "/CN=Issuing", "other", authority_extensions("0")});
    CHECK(cross->spki_sha256 == pki.issuing->spki_sha256);
    CHECK(pki.path({cross, pki.issuing}, {pki.root}) == Certificates{pki.leaf, pki.issuing, pki.root});
    CHECK(pki.path({pki.issuing, cross}, {pki.root}) == Certificates{pki.leaf, pki.issuing, pki.root});
    CHECK(pki.path({pki.issuing, cross}, {other}) == Certificates{pki.leaf, cross, other});
    CHECK(issued_by(*cross, *other));
    CHECK_FALSE(issued_by(*cross, *pki.root));
}

TEST_CASE("who signed is told for every algorithm, and not for a signature that names two") {
    for (const char* kind : {"p256", "p384", "rsa", "ed25519"}) {
        CAPTURE(kind);
        const Workshop shop;
        const auto root = shop.certificate(
            {.name = "root", .subject = "/CN=Root", .extensions = authority_extensions(), .key = kind});
        const auto other = shop.certificate(
            {.name = "other", .subject = "/CN=Root", .extensions = authority_extensions(), .key = kind});
        const auto leaf = shop.certificate({.name = "leaf", .subject = "/CN=leaf", .issuer = "root"});
        CHECK(issued_by(*leaf, *root));
        CHECK_FALSE(issued_by(*leaf, *other));
        const auto damaged = [&](std::size_t at) {
            std::string der = leaf->der;
            der.at(at) = static_cast<char>(der.at(at) ^ 1);
            return parse_certificate(der);
        };
        CHECK_FALSE(issued_by(*damaged(leaf->der.size() - 1), *root));           // in the signature
        CHECK_FALSE(issued_by(*damaged(leaf->der.find("leaf", 0) + 3), *root));  // in what is signed
    }
    const Workshop shop;
    const auto root =
        shop.certificate({.name = "root", .subject = "/CN=Root", .extensions = authority_extensions()});
    const auto leaf = shop.certificate({.name = "leaf", .subject = "/CN=leaf", .issuer = "root"});
    // ecdsa-with-SHA256 inside what is signed (RFC 5758 section 3.2), ecdsa-with-SHA384 behind it and the
    // other way round.
    const std::string sha256_oid("\x2a\x86\x48\xce\x3d\x04\x03\x02");
    for (const std::size_t at : {leaf->der.find(sha256_oid), leaf->der.rfind(sha256_oid)}) {
        std::string der = leaf->der;
        der.at(at + sha256_oid.size() - 1) = '\x03';
        CHECK_FALSE(issued_by(*parse_certificate(der), *root));
    }
}

TEST_CASE("authority flags, path lengths and name constraints are held") {
    const Pki pki;
    const CertificateRef below_leaf = pki.shop.certificate({"x", "/CN=x", "leaf", server_extensions()});
    const auto no_authority = build_path(below_leaf, {pki.leaf, pki.issuing}, {pki.root}, pki.now, true);
    REQUIRE(std::holds_alternative<NoPath>(no_authority));
    CHECK(holds(std::get<NoPath>(no_authority).why, "invalid CA certificate"));

    const CertificateRef deeper =
        pki.shop.certificate({"deeper", "/CN=Deeper", "issuing", authority_extensions()});
    const CertificateRef too_deep = pki.shop.certificate({"y", "/CN=y", "deeper", server_extensions()});
    const auto too_long = build_path(too_deep, {deeper, pki.issuing}, {pki.root}, pki.now, true);
    REQUIRE(std::holds_alternative<NoPath>(too_long));
    CHECK(holds(std::get<NoPath>(too_long).why, "path length constraint exceeded"));

    std::vector<std::string> constrained = authority_extensions();
    constrained.emplace_back("nameConstraints=critical,permitted;DNS:fabrikam.net");
    const CertificateRef narrow = pki.shop.certificate({"narrow", "/CN=Narrow", "root", constrained});
    const CertificateRef outside = pki.shop.certificate({"z", "/CN=z", "narrow", server_extensions()});
    const auto refused = build_path(outside, {narrow}, {pki.root}, pki.now, true);
    REQUIRE(std::holds_alternative<NoPath>(refused));
    CHECK(holds(std::get<NoPath>(refused).why, "permitted subtree violation"));
}

TEST_CASE("names are compared by their bytes") {
    const Pki pki;
    const CertificateRef printable =
        pki.shop.certificate({"p", "/CN=Same", "", authority_extensions(), {}, "string_mask=MASK:0x2"});
    pki.shop.write("u.key", pki.shop.read("p.key"));
    const CertificateRef utf8 =
        pki.shop.certificate({"u", "/CN=Same", "", authority_extensions(), {}, "string_mask=MASK:0x2000"});
    const CertificateRef leaf = pki.shop.certificate({"l", "/CN=l", "u", server_extensions()});
    CHECK(issued_by(*leaf, *utf8));
    CHECK_FALSE(issued_by(*leaf, *printable));
    CHECK(std::holds_alternative<NoPath>(build_path(leaf, {}, {printable}, pki.now, true)));
}

TEST_CASE("a tangle of cross-signed authorities ends quickly") {
    const Pki pki;
    // Ten authorities that all have the same name and key: every one could be above every other.
    Certificates tangle;
    pki.shop.key("t0");
    const CertificateRef anchor = pki.shop.certificate({"t0", "/CN=Tangle", "", authority_extensions()});
    for (int i = 1; i <= 10; ++i) {
        const std::string name = "t" + std::to_string(i);
        pki.shop.write(name + ".key", pki.shop.read("t0.key"));
        // Its key's own certificate signs it: issuer and subject are one name.
        tangle.push_back(pki.shop.certificate(
            {name, "/CN=Tangle", "t0", {"basicConstraints=CA:TRUE", "subjectKeyIdentifier=none"}}));
    }
    const CertificateRef leaf = pki.shop.certificate({"tl", "/CN=tl", "t0", server_extensions()});
    const auto begin = std::chrono::steady_clock::now();
    CHECK(std::holds_alternative<NoPath>(build_path(leaf, tangle, {}, pki.now, true)));
    CHECK(std::holds_alternative<Path>(build_path(leaf, tangle, {anchor}, pki.now, true)));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("a server's certificate serves as a server, and as a client only if it says so") {
    const Pki pki;
    const Path path{{pki.leaf, pki.issuing, pki.root}};
    CHECK(purpose_problem(pki.leaf, path, false, pki.now).empty());
    CHECK(
        holds(purpose_problem(pki.leaf, path, true, pki.now), "TLS client: unsuitable certificate purpose"));
    CHECK(holds(purpose_problem(pki.leaf, path, false, pki.now + Days(400)), "expired"));
    std::vector<std::string> extensions = server_extensions();
    extensions.at(2) = "extendedKeyUsage=serverAuth,clientAuth";
    const CertificateRef both = pki.shop.certificate({"both", "/CN=both", "issuing", extensions});
    CHECK(purpose_problem(both, {{both, pki.issuing, pki.root}}, true, pki.now).empty());
    extensions.at(2) = "extendedKeyUsage=clientAuth";
    const CertificateRef client = pki.shop.certificate({"client", "/CN=client", "issuing", extensions});
    CHECK(holds(purpose_problem(client, {{client, pki.issuing, pki.root}}, false, pki.now), "TLS server"));
    // What openssl says of the same certificates.
    pki.shop.write("root.only", to_pem(*pki.root));
    const auto openssl = [&](const std::string& name, const std::string& purpose) {
        return pki.shop
            .run({"openssl",
                  "verify",
                  "-CAfile",
                  "root.only",
                  "-untrusted",
                  "issuing.pem",
                  "-purpose",
                  purpose,
                  name + ".pem"})
            .status;
    };
    CHECK(openssl("leaf", "sslserver") == 0);
    CHECK(openssl("leaf", "sslclient") != 0);
    CHECK(openssl("both", "sslclient") == 0);
    CHECK(openssl("client", "sslserver") != 0);
}

}  // namespace
}  // namespace edgecert::x509
