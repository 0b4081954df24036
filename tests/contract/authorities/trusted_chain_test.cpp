// What of a heap of certificates is trusted: only what leads, by signatures, to a pinned root.
#include "resources/authorities/trusted_chain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "resources/world/open_authority.h"
#include "resources/x509/certificate.h"
#include "resources/x509/chain.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

using x509::CertificateRef;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct Heap {
    Workbench bench{};
    CertificateRef root{bench.ca("root", "/CN=Root")};
    CertificateRef upper{bench.ca("upper", "/CN=Upper", "root")};
    CertificateRef lower{bench.ca("lower", "/CN=Lower", "upper")};
    CertificateRef other{bench.ca("other", "/CN=Other Root")};
    CertificateRef under_other{bench.ca("underother", "/CN=Under Other", "other")};
    CertificateRef leaf{[this] {
        bench.csr({});
        return bench.leaf({.name = "leaf", .csr = "internal", .issuer = "lower"});
    }()};

    [[nodiscard]] std::vector<CertificateRef> all() const {
        return {leaf, under_other, lower, upper, other, root};
    }
};

std::vector<CertificateRef> sorted(std::vector<CertificateRef> certificates) {
    std::sort(certificates.begin(), certificates.end(), [](const auto& a, const auto& b) {
        return a->sha256 < b->sha256;
    });
    return certificates;
}

TEST_CASE(
    "Of a heap only what belongs to a path to a pinned root counts, in an order that no input changes") {
    const Heap heap;
    std::vector<CertificateRef> all = heap.all();
    std::sort(all.begin(), all.end());
    do {
        const TrustedChain chain = trusted_chain(all, {heap.root->sha256});
        REQUIRE(chain.problem.empty());
        CHECK(chain.pinned);
        CHECK(chain.roots == std::vector<CertificateRef>{heap.root});
        CHECK(chain.intermediates == sorted({heap.lower, heap.upper}));
        CHECK(chain.unpinned_roots == std::vector<CertificateRef>{heap.other});
        CHECK(chain.notes.size() == 2);
        std::rotate(all.begin(), all.begin() + 1, all.end());
    } while (!std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("Without a pin nothing is trusted, and it is said what could be pinned") {
    const Heap heap;
    const TrustedChain chain = trusted_chain(heap.all(), {});
    CHECK_FALSE(chain.pinned);
    CHECK(chain.roots.empty());
    CHECK(chain.intermediates.empty());
    CHECK(chain.unpinned_roots == sorted({heap.root, heap.other}));
    CHECK(has(chain.problem, "no root is pinned"));
}

TEST_CASE("A truncated chain names the issuer that is missing") {
    const Heap heap;
    const TrustedChain gap = trusted_chain({heap.lower, heap.root}, {heap.root->sha256});
    CHECK(has(gap.problem, "the chain is truncated; the issuer that is missing: CN=Upper"));
    CHECK(gap.roots.empty());
    const TrustedChain no_root = trusted_chain({heap.lower, heap.upper}, {heap.root->sha256});
    CHECK(has(no_root.problem,
              "none of its certificates is a pinned root; the issuer that is missing: CN=Root"));
    CHECK(trusted_chain({}, {heap.root->sha256}).problem == "it holds no CA certificate");
    CHECK(trusted_chain({heap.leaf}, {heap.root->sha256}).problem == "it holds no CA certificate");
}

TEST_CASE("A pin on a certificate that is no root trusts nothing") {
    const Heap heap;
    const TrustedChain chain = trusted_chain(heap.all(), {heap.upper->sha256});
    CHECK(has(chain.problem, "which is no self-signed root"));
    CHECK(chain.intermediates.empty());
    CHECK_FALSE(trusted_chain(heap.all(), {heap.leaf->sha256}).problem.empty());
}

TEST_CASE("A root alone is a chain: it may issue itself") {
    const Heap heap;
    const TrustedChain chain = trusted_chain({heap.root, heap.other, heap.under_other}, {heap.root->sha256});
    CHECK(chain.problem.empty());
    CHECK(chain.roots == std::vector<CertificateRef>{heap.root});
    CHECK(chain.intermediates.empty());
}

TEST_CASE("A CA that bears the right name and issuer but not its signature does not belong") {
    const Heap heap;
    const Workbench forger;
    const CertificateRef false_root = forger.ca("root", "/CN=Root");
    const CertificateRef false_upper = forger.ca("upper", "/CN=Upper", "root");
    const TrustedChain mixed =
        trusted_chain({heap.root, heap.upper, false_upper, false_root}, {heap.root->sha256});
    CHECK(mixed.intermediates == std::vector<CertificateRef>{heap.upper});
    CHECK(mixed.unpinned_roots == std::vector<CertificateRef>{false_root});
    const TrustedChain forged = trusted_chain({heap.root, false_upper}, {heap.root->sha256});
    // Whoever did not sign it is not its issuer, whatever he is called.
    CHECK(has(forged.problem, "the issuer that is missing"));
    CHECK(forged.roots.empty());
}

TEST_CASE("Several renewals of one CA and of its root coexist") {
    const Heap heap;
    const CertificateRef upper_again =
        heap.bench.ca("upper", "/CN=Upper", "root");  // the same key, a new certificate
    heap.bench.must({"cp", "root.key", "kept.key"});
    const CertificateRef root_again = heap.bench.ca("kept", "/CN=Root");
    REQUIRE(upper_again->sha256 != heap.upper->sha256);
    REQUIRE(root_again->spki_sha256 == heap.root->spki_sha256);
    const TrustedChain chain = trusted_chain({heap.root, root_again, heap.upper, upper_again, heap.lower},
                                             {heap.root->sha256, root_again->sha256});
    CHECK(chain.roots == sorted({heap.root, root_again}));
    CHECK(chain.intermediates == sorted({heap.upper, upper_again, heap.lower}));
}

TEST_CASE("Expired certificates stay in the chain, so that time alone changes no plan") {
    const Heap heap;
    heap.bench.csr({.name = "old", .subject = "/CN=Old", .extensions = {}, .key = "ec"});
    heap.bench.must({"openssl",
                     "x509",
                     "-req",
                     "-in",
                     "old.csr",
                     "-CA",
                     "root.pem",
                     "-CAkey",
                     "root.key",
                     "-days",
                     "-1",
                     "-extfile",
                     "ca.ext",
                     "-out",
                     "old.pem"});
    const CertificateRef old = heap.bench.certificate("old.pem");
    REQUIRE(old->not_after < real_now());
    CHECK(trusted_chain({heap.root, old}, {heap.root->sha256}).intermediates ==
          std::vector<CertificateRef>{old});
}

TEST_CASE("From what stores trust, the chain is what is pinned there and what leads to it") {
    const Heap heap;
    const TrustedChain chain = chain_from_store(
        {heap.root, heap.other}, {heap.lower, heap.upper, heap.under_other}, {heap.root->sha256});
    CHECK(chain.problem.empty());
    CHECK(chain.roots == std::vector<CertificateRef>{heap.root});
    CHECK(chain.intermediates == sorted({heap.lower, heap.upper}));
    // A root that somebody put among the intermediates is trusted by nobody there.
    CHECK_FALSE(chain_from_store({}, {heap.root, heap.upper}, {heap.root->sha256}).problem.empty());
    // An intermediate in the root store is drift, and still a link.
    CHECK(chain_from_store({heap.root, heap.upper}, {heap.lower}, {heap.root->sha256}).intermediates ==
          sorted({heap.lower, heap.upper}));
    CHECK_FALSE(chain_from_store({heap.root}, {heap.upper}, {}).pinned);
}

TEST_CASE("A chain file may be PKCS#7 or PEM; one that is missing or rubbish is a problem in words") {
    const Heap heap;
    heap.bench.write(
        "heap.pem",
        heap.bench.read("lower.pem") + heap.bench.read("upper.pem") + heap.bench.read("root.pem"));
    heap.bench.must(
        {"openssl", "crl2pkcs7", "-nocrl", "-certfile", "heap.pem", "-outform", "DER", "-out", "heap.p7b"});
    StillClock clock;
    for (const char* file : {"heap.pem", "heap.p7b"}) {
        const AuthoritySpec spec{
            .name = "public", .chain_file = heap.bench.path(file), .roots = {heap.root->sha256}};
        x509::CertificateCache cache;
        const auto authority = open_authority(spec, clock, test_randomness());
        const AuthorityView view = authority->observe(clock.now(), cache);
        CHECK(view.chain_problem.empty());
        REQUIRE(view.chain.size() == 3);
        CHECK(view.chain[0].root);
        CHECK(view.chain[0].birth.empty());
        CHECK(view.chain[0].certificate->sha256 == heap.root->sha256);
        CHECK(authority->check(clock.now()).ok);
    }
    heap.bench.write("rubbish.p7b", "rubbish");
    for (const char* file : {"nothing.p7b", "rubbish.p7b"}) {
        const AuthoritySpec spec{
            .name = "public", .chain_file = heap.bench.path(file), .roots = {heap.root->sha256}};
        x509::CertificateCache cache;
        const auto authority = open_authority(spec, clock, test_randomness());
        const AuthorityView view = authority->observe(clock.now(), cache);
        CHECK(view.reachable);
        CHECK(view.pinned);
        CHECK(view.chain.empty());
        CHECK(has(view.chain_problem, file));
        CHECK_FALSE(authority->check(clock.now()).ok);
    }
}

TEST_CASE("An authority that is declared with a chain only issues nothing") {
    StillClock clock;
    x509::CertificateCache cache;
    const auto trusted = open_authority({.name = "old"}, clock, test_randomness());
    CHECK(has(trusted->observe(clock.now(), cache).chain_problem, "no chain.file is declared"));
    CHECK(code_of([&] { static_cast<void>(trusted->submit({})); }) == "authority-refused");
    CHECK(code_of([&] { static_cast<void>(trusted->poll({}, cache)); }) == "authority-refused");
    CHECK(code_of([&] { trusted->create(clock.now()); }) == "authority-refused");
}

}  // namespace
}  // namespace edgecert::test
