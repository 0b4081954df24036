// The CA in a folder: born once and whole, and only believed where its folder may be.
#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <variant>
#include <vector>

#include "resources/x509/certificate.h"
#include "tests/contract/authorities/local_world.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

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
