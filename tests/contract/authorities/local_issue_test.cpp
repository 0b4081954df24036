// What the CA in a folder issues: careful, by template, and never twice for one issuance id.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "resources/x509/certificate.h"
#include "tests/contract/authorities/local_world.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

std::string denial(const SubmitAnswer& answer) {
    const auto* denied = std::get_if<Denied>(&answer);
    return denied == nullptr ? "" : denied->code + ": " + denied->message;
}

TEST_CASE(
    "A certificate is issued by template: the submission's usages, the request's names, the declared URLs") {
    LocalWorld world;
    world.authority().create(world.now);
    Submission submission = submission_of(world.bench.csr({}), issuance_id(1), world.now);
    submission.extended_key_usage = {"serverAuth", "clientAuth"};
    submission.digest = "sha384";
    const SubmitAnswer answer = world.submit(submission);
    REQUIRE(std::holds_alternative<Accepted>(answer));
    const Answer polled = world.authority().poll(inquiry_of(submission, answer), world.cache);
    REQUIRE(std::holds_alternative<Issued>(polled));
    const auto& issued = std::get<Issued>(polled);
    CHECK(issued.certificate->serial == std::get<Accepted>(answer).ticket);
    CHECK(issued.certificate->serial.size() == 32);
    CHECK(issued.certificate->extended_key_usage == submission.extended_key_usage);
    CHECK(issued.certificate->not_before == world.now - std::chrono::minutes{5});
    CHECK(issued.certificate->not_after == world.now + std::chrono::days{90});
    CHECK(issued.chain.size() == 2);
    world.bench.write("leaf.pem", x509::to_pem(*issued.certificate));
    const std::string text = world.bench.must({"openssl", "x509", "-in", "leaf.pem", "-noout", "-text"});
    CHECK(has(text, "URI:http://pki.contoso.net/contoso.crl"));
    CHECK(has(text, "CA Issuers - URI:http://pki.contoso.net/contoso.cer"));
    CHECK(has(text, "CA:FALSE"));
    CHECK(has(text, "Signature Algorithm: ecdsa-with-SHA384"));
    CHECK(has(text, "DNS:edge.contoso.net, DNS:edge01.contoso.net"));
    world.bench.must({"openssl",
                      "verify",
                      "-x509_strict",
                      "-purpose",
                      "sslserver",
                      "-CAfile",
                      "deep/ca/ca/root.pem",
                      "-untrusted",
                      "deep/ca/ca/issuing.pem",
                      "leaf.pem"});
    world.bench.write("bundle.pem",
                      x509::to_pem(*issued.certificate) + world.bench.read("deep/ca/ca/chain.pem"));
    CHECK(has(world.bench.must({"certtool", "--verify-chain", "--infile", "bundle.pem"}),
              "Chain verification output: Verified"));
}

TEST_CASE("What a CA issues never outlives it, and an expired one issues nothing") {
    LocalWorld world;
    world.authority().create(world.now);
    Submission submission =
        submission_of(world.bench.csr({}), issuance_id(1), world.now + std::chrono::days{3600});
    const SubmitAnswer answer = world.submit(submission);
    const Answer polled = world.authority().poll(inquiry_of(submission, answer), world.cache);
    REQUIRE(std::holds_alternative<Issued>(polled));
    CHECK(std::get<Issued>(polled).certificate->not_after == world.view().chain.at(1).certificate->not_after);
    submission = submission_of(world.bench.csr({}), issuance_id(2), world.now + std::chrono::days{3651});
    CHECK(has(denial(world.submit(submission)), "authority-expired"));
}

TEST_CASE(
    "One issuance id never gets a second certificate, whoever asks and whatever crashed between issuing and "
    "collecting") {
    LocalWorld world;
    world.authority().create(world.now);
    const Submission submission = submission_of(world.bench.csr({}), issuance_id(1), world.now);
    const SubmitAnswer first = world.submit(submission);
    REQUIRE(std::holds_alternative<Accepted>(first));
    // The answer was lost: a later process, on another day, sends it again.
    Submission later = submission;
    later.now += std::chrono::days{2};
    const SubmitAnswer second = world.submit(later);
    REQUIRE(std::holds_alternative<Accepted>(second));
    CHECK(std::get<Accepted>(second).ticket == std::get<Accepted>(first).ticket);
    CHECK(world.view().issued.size() == 1);
    CHECK(world.bench.files("deep/ca/ca/log").size() == 1);
}

TEST_CASE("One issuance id with another key is denied in words") {
    LocalWorld world;
    world.authority().create(world.now);
    REQUIRE(std::holds_alternative<Accepted>(
        world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now))));
    const SubmitAnswer other =
        world.submit(submission_of(world.bench.csr({.name = "other"}), issuance_id(1), world.now));
    CHECK(has(denial(other), "issuance-reused: the local CA has issued certificate "));
    CHECK(world.view().issued.size() == 1);
}

TEST_CASE("A careful CA refuses requests for what it should not sign") {
    LocalWorld world;
    world.authority().create(world.now);
    struct Row {
        Workbench::Csr csr;
        std::string why;
    };
    const std::vector<Row> rows{
        {{.name = "weak", .key = "rsa:1024"}, "its key is rsa 1024"},
        {{.name = "star", .extensions = {"subjectAltName=DNS:*.contoso.net"}}, "a wildcard"},
        {{.name = "starcn", .subject = "/CN=*.contoso.net"}, "a wildcard"},
        {{.name = "ca", .extensions = {"basicConstraints=critical,CA:TRUE"}}, "a certificate authority"},
        {{.name = "sign", .extensions = {"keyUsage=digitalSignature,keyCertSign"}},
         "the key usages of a certificate authority"},
        {{.name = "mail", .extensions = {"subjectAltName=DNS:edge.contoso.net,email:root@contoso.net"}},
         "neither a DNS name nor an IP address"},
        {{.name = "odd", .extensions = {"1.2.3.4=critical,DER:0500"}},
         "a critical extension that is not known here (OID in DER: 2a0304)"},
    };
    int number = 0;
    for (const Row& row : rows) {
        CAPTURE(row.csr.name);
        const std::string denied =
            denial(world.submit(submission_of(world.bench.csr(row.csr), issuance_id(++number), world.now)));
        CHECK(has(denied, "request-refused"));
        CHECK_MESSAGE(has(denied, row.why), denied);
    }
    CHECK(world.view().issued.empty());
    CHECK_FALSE(fs::exists(world.bench.path("deep/ca/ca/log.index")));
}

TEST_CASE("Extensions that are harmless in a request do no harm: the CA writes its own") {
    LocalWorld world;
    world.authority().create(world.now);
    const std::string pem =
        world.bench.csr({.extensions = {"subjectAltName=DNS:edge.contoso.net,IP:192.0.2.7",
                                        "basicConstraints=CA:FALSE",
                                        "keyUsage=critical,digitalSignature",
                                        "extendedKeyUsage=codeSigning",
                                        "1.2.3.4=DER:0500"}});
    const Submission submission = submission_of(pem, issuance_id(1), world.now);
    const Answer polled =
        world.authority().poll(inquiry_of(submission, world.submit(submission)), world.cache);
    REQUIRE(std::holds_alternative<Issued>(polled));
    CHECK(std::get<Issued>(polled).certificate->extended_key_usage == TextSet{"serverAuth"});
    CHECK(std::get<Issued>(polled).certificate->names.ip == TextSet{"192.0.2.7"});
}

TEST_CASE("A request with a broken signature, or for another key than it was submitted for, is refused") {
    LocalWorld world;
    world.authority().create(world.now);
    Submission submission = submission_of(world.bench.csr({}), issuance_id(1), world.now);
    submission.spki = issuance_id(9);
    CHECK(has(denial(world.submit(submission)), "not the one it was submitted for"));
    submission.request_pem = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n";
    CHECK(has(denial(world.submit(submission)), "request-refused"));
}

TEST_CASE("Names that are no issuance ids never become file names") {
    LocalWorld world;
    world.authority().create(world.now);
    for (const std::string& id : {std::string("../../etc/passwd"), std::string(), std::string(64, 'A')}) {
        CHECK(code_of([&] {
                  static_cast<void>(world.submit(submission_of(world.bench.csr({}), id, world.now)));
              }) == "authority-refused");
    }
}

TEST_CASE(
    "A root key that was taken away to a safe hinders nothing; without the issuing key nothing is issued") {
    LocalWorld world;
    world.authority().create(world.now);
    fs::remove(world.bench.path("deep/ca/ca/private/root.key"));
    CHECK(world.view().unable.empty());
    CHECK(std::holds_alternative<Accepted>(
        world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now))));
    fs::remove(world.bench.path("deep/ca/ca/private/issuing.key"));
    CHECK(world.view().reachable);
    CHECK(world.view().unable.find("private key") != std::string::npos);
    CHECK(code_of([&] {
              static_cast<void>(world.submit(submission_of(world.bench.csr({}), issuance_id(2), world.now)));
          }) == "authority-refused");
}

TEST_CASE("An issuing key that is not the issuing CA's is refused before anything is signed") {
    LocalWorld world;
    world.authority().create(world.now);
    fs::copy_file(world.bench.path("deep/ca/ca/private/root.key"),
                  world.bench.path("deep/ca/ca/private/issuing.key"),
                  fs::copy_options::overwrite_existing);
    CHECK(code_of([&] {
              static_cast<void>(world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now)));
          }) == "authority-refused");
    CHECK(world.view().issued.empty());
}

}  // namespace
}  // namespace edgecert::test
