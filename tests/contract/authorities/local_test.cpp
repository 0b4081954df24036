// The CA in a folder: born once and whole, careful, and never twice for one issuance id.
#include "resources/authorities/local.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/certificate.h"
#include "tests/contract/authorities/cases.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

struct LocalWorld {
    Workbench bench{};
    AuthoritySpec spec{local_spec(bench.path("deep/ca"))};
    x509::CertificateCache cache{};
    Instant now{real_now()};
    std::function<std::string(std::size_t)> random{test_randomness()};

    [[nodiscard]] LocalCertificateAuthority authority() const {
        return LocalCertificateAuthority(spec, random);
    }
    [[nodiscard]] AuthorityView view() { return authority().observe(now, cache); }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) const {
        return authority().submit(submission);
    }
};

std::string denial(const SubmitAnswer& answer) {
    const auto* denied = std::get_if<Denied>(&answer);
    return denied == nullptr ? "" : denied->code + ": " + denied->message;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("A CA that is not there yet is empty, and looking does not make it") {
    LocalWorld world;
    const AuthorityView view = world.view();
    CHECK(view.reachable);
    CHECK_FALSE(view.exists);
    CHECK(view.chain.empty());
    CHECK_FALSE(fs::exists(world.bench.path("deep")));
    CHECK(world.authority().check(world.now).ok);
    CHECK(code_of([&] {
              static_cast<void>(world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now)));
          }) == "authority-refused");
    CHECK_FALSE(fs::exists(world.bench.path("deep")));
}

TEST_CASE("A CA is made with a root and an issuing CA whose form openssl and GnuTLS confirm") {
    LocalWorld world;
    world.authority().create(world.now);
    const AuthorityView view = world.view();
    REQUIRE(view.chain.size() == 2);
    CHECK(view.exists);
    CHECK(view.chain[0].certificate->subject_text == "CN=Contoso Issuing CA Root,O=Contoso");
    CHECK(view.chain[1].certificate->subject_text == "CN=Contoso Issuing CA,O=Contoso");
    CHECK(view.chain[0].birth != view.chain[1].birth);
    CHECK(view.chain[0].birth.size() == 64);
    CHECK(view.chain[0].certificate->not_before == view.chain[1].certificate->not_before);
    CHECK(view.chain[0].certificate->not_after == world.now + std::chrono::days{3650});
    const std::string root =
        world.bench.must({"openssl", "x509", "-in", "deep/ca/ca/root.pem", "-noout", "-text"});
    CHECK(has(root, "CA:TRUE\n"));
    CHECK_FALSE(has(root, "pathlen"));
    CHECK_FALSE(has(root, "CRL Distribution"));
    const std::string issuing =
        world.bench.must({"openssl", "x509", "-in", "deep/ca/ca/issuing.pem", "-noout", "-text"});
    CHECK(has(issuing, "CA:TRUE, pathlen:0"));
    CHECK(has(issuing, "Certificate Sign, CRL Sign"));
    CHECK_FALSE(has(issuing, "CRL Distribution"));
    world.bench.must(
        {"openssl", "verify", "-x509_strict", "-CAfile", "deep/ca/ca/root.pem", "deep/ca/ca/issuing.pem"});
    CHECK(has(world.bench.must({"certtool", "--verify-chain", "--infile", "deep/ca/ca/chain.pem"}),
              "Chain verification output: Verified"));
}

TEST_CASE("A CA has the declared key, and works with RSA as well") {
    LocalWorld world;
    std::get<LocalAuthority>(world.spec.kind).key = {x509::KeyAlgorithm::rsa, 3072};
    world.authority().create(world.now);
    CHECK(world.view().chain.at(0).certificate->key == x509::KeyKind{x509::KeyAlgorithm::rsa, 3072});
    CHECK(world.view().chain.at(1).certificate->key == x509::KeyKind{x509::KeyAlgorithm::rsa, 3072});
    const Submission submission =
        submission_of(world.bench.csr({.key = "rsa:2048"}), issuance_id(1), world.now);
    const Answer polled =
        world.authority().poll(inquiry_of(submission, world.submit(submission)), world.cache);
    REQUIRE(std::holds_alternative<Issued>(polled));
    world.bench.write("leaf.pem", x509::to_pem(*std::get<Issued>(polled).certificate));
    CHECK(has(world.bench.must({"openssl", "x509", "-in", "leaf.pem", "-noout", "-text"}),
              "Signature Algorithm: sha256WithRSAEncryption"));
    world.bench.must({"openssl",
                      "verify",
                      "-x509_strict",
                      "-CAfile",
                      "deep/ca/ca/root.pem",
                      "-untrusted",
                      "deep/ca/ca/issuing.pem",
                      "leaf.pem"});
}

TEST_CASE("The keys of a CA are PKCS#8 that only their owner may read") {
    LocalWorld world;
    world.authority().create(world.now);
    for (const char* name : {"deep/ca/ca/private/root.key", "deep/ca/ca/private/issuing.key"}) {
        struct stat status {};
        REQUIRE(::stat(world.bench.path(name).c_str(), &status) == 0);
        CHECK((status.st_mode & 07777U) == 0600);
        CHECK(world.bench.read(name).starts_with("-----BEGIN PRIVATE KEY-----"));
        world.bench.must({"openssl", "pkey", "-in", name, "-check", "-noout"});
    }
    struct stat status {};
    REQUIRE(::stat(world.bench.path("deep/ca/ca/private").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700);
}

TEST_CASE("Making a CA again changes nothing") {
    LocalWorld world;
    world.authority().create(world.now);
    const AuthorityView before = world.view();
    const std::string key = world.bench.read("deep/ca/ca/private/issuing.key");
    world.authority().create(world.now + std::chrono::days{1});
    CHECK(world.view() == before);
    CHECK(world.bench.read("deep/ca/ca/private/issuing.key") == key);
}

TEST_CASE("What a crash left while a CA was made is thrown away, and a whole CA is made") {
    LocalWorld world;
    world.bench.write("deep/ca/lock", "");
    world.bench.write("deep/ca/making/private/root.key", "half a ke");
    world.bench.write("deep/ca/making/root.pem", "");
    CHECK_FALSE(world.view().exists);
    CHECK(world.view().reachable);
    world.authority().create(world.now);
    CHECK(world.view().chain.size() == 2);
    CHECK(world.authority().check(world.now).ok);
    CHECK_FALSE(fs::exists(world.bench.path("deep/ca/making")));
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
    CHECK(std::get<Issued>(polled).certificate->extended_key_usage == std::set<std::string>{"serverAuth"});
    CHECK(std::get<Issued>(polled).certificate->names.ip == std::set<std::string>{"192.0.2.7"});
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

TEST_CASE("A folder that is not to be believed is refused in words, and left as it is") {
    LocalWorld world;
    world.authority().create(world.now);
    const std::string ca = world.bench.path("deep/ca/ca");
    struct Row {
        std::string what;
        std::function<void()> spoil;
        std::string why;
    };
    const std::vector<Row> rows{
        {"key readable by others",
         [&] { fs::permissions(ca + "/private/issuing.key", fs::perms(0640)); },
         "may read or write the private key"},
        {"root key readable",
         [&] { fs::permissions(ca + "/private/root.key", fs::perms(0604)); },
         "may read or write the private key"},
        {"key is a link",
         [&] {
             fs::rename(ca + "/private/root.key", ca + "/k");
             fs::create_symlink(ca + "/k", ca + "/private/root.key");
         },
         "not a regular file"},
        {"folder open to all",
         [&] { fs::permissions(world.bench.path("deep/ca"), fs::perms(0777)); },
         "may be written to by every user"},
        {"inner folder open to all",
         [&] { fs::permissions(ca, fs::perms(0777)); },
         "may be written to by every user"},
        {"root replaced",
         [&] {
             world.bench.ca("other", "/CN=Other");
             fs::copy_file(
                 world.bench.path("other.pem"), ca + "/root.pem", fs::copy_options::overwrite_existing);
         },
         "is not issued by the root"},
        {"root is rubbish",
         [&] { world.bench.write("deep/ca/ca/root.pem", "rubbish"); },
         "is no certificate"},
        {"record is gone", [&] { fs::remove(ca + "/authority.json"); }, "lacks its authority.json"},
        {"record is rubbish",
         [&] { world.bench.write("deep/ca/ca/authority.json", "[1]"); },
         "not what this program wrote"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        fs::copy(world.bench.path("deep"), world.bench.path("saved"), fs::copy_options::recursive);
        row.spoil();
        const AuthorityView view = world.view();
        CHECK_FALSE(view.reachable);
        CHECK_MESSAGE(has(view.error, row.why), view.error);
        CHECK(code_of([&] { world.authority().create(world.now); }) == "authority-refused");
        CHECK(code_of([&] {
                  static_cast<void>(
                      world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now)));
              }) == "authority-refused");
        CHECK_FALSE(world.authority().check(world.now).ok);
        fs::remove_all(world.bench.path("deep"));
        fs::rename(world.bench.path("saved"), world.bench.path("deep"));
        fs::permissions(world.bench.path("deep/ca"), fs::perms(0755));
        REQUIRE(world.view().reachable);
    }
}

TEST_CASE("A folder that is a link, a file, or somebody else's is no place for a CA") {
    LocalWorld world;
    world.bench.write("deep/notes.txt", "mine");
    fs::create_symlink(world.bench.path("deep"), world.bench.path("deep/ca"));
    CHECK(has(world.view().error, "symbolic link"));
    fs::remove(world.bench.path("deep/ca"));
    world.bench.write("deep/ca", "a file");
    CHECK(has(world.view().error, "not a folder"));
    fs::remove(world.bench.path("deep/ca"));
    world.bench.write("deep/ca/notes.txt", "mine");
    CHECK(has(world.view().error, "holds no CA, and is not empty: there is \"notes.txt\""));
    CHECK(code_of([&] { world.authority().create(world.now); }) == "authority-refused");
    CHECK(world.bench.files("deep") == std::vector<std::string>{"deep/ca/notes.txt", "deep/notes.txt"});
}

TEST_CASE(
    "A root key that was taken away to a safe hinders nothing; without the issuing key nothing is issued") {
    LocalWorld world;
    world.authority().create(world.now);
    fs::remove(world.bench.path("deep/ca/ca/private/root.key"));
    CHECK(world.view().notes.empty());
    CHECK(std::holds_alternative<Accepted>(
        world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now))));
    fs::remove(world.bench.path("deep/ca/ca/private/issuing.key"));
    CHECK(world.view().reachable);
    REQUIRE(world.view().notes.size() == 1);
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

TEST_CASE("A folder with the CA of another declaration is told apart and never overwritten") {
    LocalWorld world;
    world.authority().create(world.now);
    const auto files = world.bench.files("deep");
    world.spec.declaration = issuance_id(2000);
    const AuthorityView view = world.view();
    CHECK(view.reachable);
    CHECK(view.exists);
    CHECK(has(view.chain_problem, "which is not the one declared"));
    CHECK(view.chain.size() == 2);
    CHECK(code_of([&] { world.authority().create(world.now); }) == "authority-refused");
    CHECK(code_of([&] {
              static_cast<void>(world.submit(submission_of(world.bench.csr({}), issuance_id(1), world.now)));
          }) == "authority-refused");
    CHECK_FALSE(world.authority().check(world.now).ok);
    CHECK(world.bench.files("deep") == files);
}

TEST_CASE("A CA that is renamed in the manifest stays the CA it was, with the birth ids of its folder") {
    LocalWorld world;
    world.authority().create(world.now);
    const AuthorityView before = world.view();
    world.spec.name = "renamed";
    const AuthorityView after = world.view();
    CHECK(after.chain_problem.empty());
    CHECK(after.chain == before.chain);
}

TEST_CASE("A common name that leaves no room for the root's is refused before anything is made") {
    LocalWorld world;
    std::get<LocalAuthority>(world.spec.kind).subject.common_name = std::string(60, 'x');
    CHECK(code_of([&] { world.authority().create(world.now); }) == "authority-refused");
    CHECK_FALSE(fs::exists(world.bench.path("deep/ca/ca")));
    CHECK_FALSE(fs::exists(world.bench.path("deep/ca/making")));
}

TEST_CASE("A source of randomness that fails makes no CA") {
    LocalWorld world;
    world.random = [](std::size_t) { return std::string("short"); };
    CHECK(code_of([&] { world.authority().create(world.now); }) == "authority-refused");
    CHECK_FALSE(world.view().exists);
}

}  // namespace
}  // namespace edgecert::test
