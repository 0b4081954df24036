// Requests that a person sends and answers that a person drops: every answer is named, nothing is moved,
// nothing blocks.
#include "resources/authorities/offline.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <variant>

#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct OfflineWorld {
    Workbench bench{};
    AuthoritySpec spec{.name = "public"};
    x509::CertificateCache cache{};
    Submission submission{};
    Inquiry inquiry{};

    OfflineWorld() {
        spec.roots = {bench.ca("root", "/CN=Far Root")->sha256};
        bench.ca("issuing", "/CN=Far Issuing", "root");
        spec.kind = OfflineAuthority{bench.path("out"), bench.path("in")};
        submission = submission_of(bench.csr({}), issuance_id(1), real_now());
        inquiry = inquiry_of(submission, authority().submit(submission));
        bench.leaf({.name = "leaf", .csr = "internal", .issuer = "issuing"});
    }
    [[nodiscard]] OfflineCertificateAuthority authority() const { return OfflineCertificateAuthority(spec); }
    [[nodiscard]] Answer poll() { return authority().poll(inquiry, cache); }
    void drop(const std::string& name, const std::string& bytes) const {
        bench.write("in/ams-edge/" + name, bytes);
    }
    [[nodiscard]] std::string issued() {
        const Answer answer = poll();
        const auto* found = std::get_if<Issued>(&answer);
        return found == nullptr ? "" : found->certificate->sha256;
    }
    [[nodiscard]] std::string pending() {
        const Answer answer = poll();
        const auto* found = std::get_if<Pending>(&answer);
        return found == nullptr ? "" : found->what_to_do;
    }
    [[nodiscard]] std::string unusable() {
        const Answer answer = poll();
        const auto* found = std::get_if<Unusable>(&answer);
        return found == nullptr ? "" : found->message;
    }
};

TEST_CASE("A submission leaves the request and a text beside it; the same one again touches neither") {
    OfflineWorld world;
    CHECK(world.bench.files("out") ==
          std::vector<std::string>{"out/ams-edge/internal.csr", "out/ams-edge/internal.txt"});
    CHECK(world.inquiry.ticket == world.submission.spki);
    CHECK(world.bench.read("out/ams-edge/internal.csr") == world.submission.request_pem);
    world.bench.must({"openssl", "req", "-in", "out/ams-edge/internal.csr", "-verify", "-noout"});
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (const std::string& file : world.bench.files("out"))
        fs::last_write_time(world.bench.path(file), old);
    world.submission.now += std::chrono::days{3};
    static_cast<void>(world.authority().submit(world.submission));
    for (const std::string& file : world.bench.files("out"))
        CHECK(fs::last_write_time(world.bench.path(file)) == old);
    const Submission next = submission_of(world.bench.csr({.name = "next"}), issuance_id(2), real_now());
    static_cast<void>(world.authority().submit(next));
    CHECK(world.bench.read("out/ams-edge/internal.csr") == next.request_pem);
}

TEST_CASE("A submission makes the folder where its answer is to be put, and goes on where it cannot") {
    OfflineWorld world;
    CHECK(fs::is_directory(world.bench.path("in/ams-edge")));
    CHECK((fs::status(world.bench.path("in")).permissions() & fs::perms::others_write) == fs::perms::none);
    CHECK(world.bench.files("in").empty());
    fs::remove_all(world.bench.path("in"));
    world.bench.write("in", "no folder");
    CHECK(std::holds_alternative<Accepted>(world.authority().submit(world.submission)));
    CHECK(world.bench.read("in") == "no folder");
}

TEST_CASE(
    "The text beside a request says what to send, what was asked for, how to recognise it and where the "
    "answer goes") {
    const Workbench bench;
    bench.write("internal.key",
                bench.must({"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}));
    AuthoritySpec spec{.name = "public", .roots = {issuance_id(1), issuance_id(2)}};
    spec.kind = OfflineAuthority{"/srv/out", "/srv/in"};
    Submission submission = submission_of(
        bench.csr({.subject = "/C=NL/L=Amsterdam/O=Contoso/CN=access.contoso.com",
                   .extensions = {"subjectAltName=DNS:sip.contoso.com,DNS:access.contoso.com,IP:192.0.2.7"}}),
        issuance_id(3),
        real_now());
    submission.extended_key_usage = {"clientAuth", "serverAuth"};
    const std::string fingerprint = submission.spki;
    std::string text = request_text(spec, submission);
    REQUIRE(has(text, fingerprint));
    text.replace(text.find(fingerprint), fingerprint.size(), "<fingerprint>");
    const std::string golden =
        std::string(EDGECERT_SOURCE_DIR) + "/tests/contract/authorities/offline_request.golden.txt";
    if (getenv("ACCEPT") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
        std::ofstream(golden, std::ios::binary) << text;
    }
    std::ifstream in(golden, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    CHECK(text == expected);
    // What the text tells people to compare with is what they get.
    bench.must({"openssl", "req", "-in", "internal.csr", "-noout", "-pubkey", "-out", "pub.pem"});
    bench.must({"openssl", "pkey", "-pubin", "-in", "pub.pem", "-outform", "DER", "-out", "pub.der"});
    CHECK(has(bench.must({"openssl", "dgst", "-sha256", "pub.der"}), fingerprint));
}

TEST_CASE("While there is no answer, it is said who sends what where") {
    OfflineWorld world;
    const Answer answer = world.poll();
    const auto* pending = std::get_if<Pending>(&answer);
    REQUIRE(pending != nullptr);
    CHECK(pending->on_whom ==
          "the person who sends " + world.bench.path("out/ams-edge/internal.csr") + " to public");
    CHECK(has(pending->what_to_do, world.bench.path("out/ams-edge/internal.csr")));
    CHECK(has(pending->what_to_do, world.bench.path("in/ams-edge/internal.cer")));
    CHECK_MESSAGE(fs::is_directory(world.bench.path("in/ams-edge")), "the person puts it there");
    world.drop("external.cer", world.bench.read("leaf.pem"));
    world.drop("internal.cer.txt", "not looked at");
    CHECK(std::holds_alternative<Pending>(world.poll()));
}

TEST_CASE(
    "A request in whose place another one lies is not named to be sent, and a submission puts it back") {
    OfflineWorld world;
    const std::string file = "out/ams-edge/internal.csr";
    const std::string own = world.bench.read(file);
    SUBCASE("a later one of the same certificate") {
        const Submission next = submission_of(world.bench.csr({.name = "next"}), issuance_id(2), real_now());
        static_cast<void>(world.authority().submit(next));
        CHECK(std::holds_alternative<Pending>(
            world.authority().poll(inquiry_of(next, Accepted{next.spki}), world.cache)));
        world.drop("internal.cer", "an answer to that one is none to this one");
    }
    SUBCASE("something that is none") {
        world.bench.write(file, "rubbish");
    }
    CHECK(world.poll() == Answer{Ambiguous{}});
    CHECK(std::holds_alternative<Accepted>(world.authority().submit(world.submission)));
    CHECK(world.bench.read(file) == own);
    CHECK_FALSE(std::holds_alternative<Ambiguous>(world.poll()));
}

TEST_CASE("A request that somebody's editor or hand has touched is still that request") {
    OfflineWorld world;
    const std::string file = "out/ams-edge/internal.csr";
    std::string text = world.bench.read(file);
    SUBCASE("other line ends") {
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
            text.insert(at, "\r");
        world.bench.write(file, text);
        CHECK_FALSE(has(world.pending(), "not there any more"));
    }
    SUBCASE("moved away when it was sent") {
        fs::remove(world.bench.path(file));
        CHECK(has(world.pending(), "not there any more"));
    }
    CHECK_FALSE(world.pending().empty());
}

TEST_CASE(
    "An answer is taken in every form: DER or PEM, bundle or not, leaf first or last, with or without root") {
    OfflineWorld world;
    const std::string leaf = world.bench.read("leaf.pem");
    const std::string issuing = world.bench.read("issuing.pem");
    const std::string root = world.bench.read("root.pem");
    world.bench.write("all.pem", issuing + root + leaf);
    world.bench.must({"openssl", "x509", "-in", "leaf.pem", "-outform", "DER", "-out", "leaf.der"});
    world.bench.must(
        {"openssl", "crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-outform", "DER", "-out", "all.p7b"});
    world.bench.must({"openssl", "crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-out", "all.p7.pem"});
    std::string windows = leaf;
    for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
        windows.replace(at, 1, "\r\n");
    const std::string expected = world.bench.certificate("leaf.pem")->sha256;
    struct Row {
        std::string name;
        std::string bytes;
        std::size_t chain;
    };
    const std::vector<Row> rows{{"internal.cer", leaf, 0},
                                {"internal.pem", leaf + issuing + root, 2},
                                {"internal.crt", issuing + leaf, 1},
                                {"internal.cer", "text before it\n" + root + issuing + leaf, 2},
                                {"internal.cer", windows, 0},
                                {"internal.CER", world.bench.read("leaf.der"), 0},
                                {"internal.crt", world.bench.read("leaf.der"), 0},
                                {"internal.p7b", world.bench.read("all.p7b"), 2},
                                {"internal.P7B", world.bench.read("all.p7.pem"), 2}};
    for (const Row& row : rows) {
        CAPTURE(row.name);
        world.drop(row.name, row.bytes);
        const Answer answer = world.poll();
        REQUIRE(std::holds_alternative<Issued>(answer));
        CHECK(std::get<Issued>(answer).certificate->sha256 == expected);
        CHECK(std::get<Issued>(answer).chain.size() == row.chain);
        CHECK(world.bench.read("in/ams-edge/" + row.name) == row.bytes);
        fs::remove(world.bench.path("in/ams-edge/" + row.name));
    }
}

TEST_CASE(
    "Among several files the one for the request's key wins, and among several of those the one that ends "
    "last") {
    OfflineWorld world;
    world.bench.leaf({.name = "longer", .csr = "internal", .issuer = "issuing", .options = {"-days", "200"}});
    world.drop("internal.cer", "rubbish");
    world.drop("internal.crt", world.bench.read("longer.pem"));
    world.drop("internal.pem", world.bench.read("leaf.pem"));
    CHECK(world.issued() == world.bench.certificate("longer.pem")->sha256);
    fs::remove(world.bench.path("in/ams-edge/internal.crt"));
    world.drop("internal.pem", world.bench.read("leaf.pem") + world.bench.read("longer.pem"));
    CHECK(world.issued() == world.bench.certificate("longer.pem")->sha256);
}

TEST_CASE(
    "An unusable answer is named with its file and reason, left where it is, and a better one in its place "
    "is taken") {
    OfflineWorld world;
    world.bench.csr({.name = "other", .extensions = {"subjectAltName=DNS:old.contoso.net"}});
    world.bench.leaf({.name = "other", .csr = "other", .issuer = "issuing", .options = {"-days", "30"}});
    world.bench.must({"openssl", "x509", "-in", "leaf.pem", "-outform", "DER", "-out", "leaf.der"});
    const std::string leaf = world.bench.read("leaf.pem");
    const std::string der = world.bench.read("leaf.der");
    struct Row {
        std::string bytes;
        std::string why;
    };
    const std::vector<Row> rows{
        {"rubbish", "neither PEM nor DER"},
        {"", "still being copied"},
        {leaf.substr(0, leaf.size() / 2), "copied"},
        {der.substr(0, der.size() / 2), "still being copied"},
        {world.bench.read("issuing.pem") + world.bench.read("root.pem"), "only CA certificates"},
        {world.bench.read("internal.csr"), "CERTIFICATE REQUEST"},
        {std::string(2U << 20U, 'x'), "internal.cer"}};
    for (const Row& row : rows) {
        CAPTURE(row.why);
        world.drop("internal.cer", row.bytes);
        const std::string message = world.unusable();
        CHECK_MESSAGE(has(message, row.why), message);
        CHECK(has(message, world.bench.path("in/ams-edge/internal.cer")));
        CHECK(world.bench.read("in/ams-edge/internal.cer") == row.bytes);
    }
    world.drop("internal.crt", "rubbish too");
    CHECK(has(world.unusable(), "internal.crt: "));
    world.drop("internal.cer", leaf);
    CHECK(world.issued() == world.bench.certificate("leaf.pem")->sha256);
}

TEST_CASE("The last request's answer, still in its place, is named and waited past") {
    OfflineWorld world;
    world.bench.csr({.name = "other", .extensions = {"subjectAltName=DNS:old.contoso.net"}});
    world.bench.leaf({.name = "other", .csr = "other", .issuer = "issuing", .options = {"-days", "30"}});
    world.drop("internal.cer", world.bench.read("other.pem"));
    const std::string what = world.pending();
    for (const std::string& part :
         {world.bench.path("out/ams-edge/internal.csr"),
          world.bench.path("in/ams-edge/internal.cer"),
          std::string("made for another request, with another key (last year's answer?): "),
          std::string("names: old.contoso.net")}) {
        CHECK_MESSAGE(has(what, part), what);
    }
    world.drop("internal.crt", "rubbish");
    CHECK(has(world.unusable(), world.bench.path("out/ams-edge/internal.csr")));
}

TEST_CASE("A request that is gone from the outbox is not said to lie there") {
    OfflineWorld world;
    CHECK_FALSE(has(world.pending(), "not there any more"));
    world.bench.must({"rm", world.bench.path("out/ams-edge/internal.csr")});
    CHECK(has(world.pending(), "it is not there any more: edgecert request ams-edge/internal"));
}

TEST_CASE("Last year's answer to the same key, which is used again, is not taken for this year's") {
    OfflineWorld world;
    world.drop("internal.cer", world.bench.read("leaf.pem"));
    world.inquiry.submitted = real_now() + std::chrono::days{300};
    CHECK(has(world.pending(), "last year's answer? It began long before the request was sent"));
    world.inquiry.submitted = real_now() + std::chrono::days{3};  // CAs backdate
    CHECK_FALSE(world.issued().empty());
}

TEST_CASE("Links, FIFOs and folders open to everybody are named and not followed, and nothing blocks") {
    OfflineWorld world;
    world.bench.write("elsewhere/leaf.pem", world.bench.read("leaf.pem"));
    fs::create_directories(world.bench.path("in/ams-edge"));
    fs::create_symlink(world.bench.path("elsewhere/leaf.pem"), world.bench.path("in/ams-edge/internal.cer"));
    CHECK(has(world.unusable(), "symbolic link"));
    fs::remove(world.bench.path("in/ams-edge/internal.cer"));
    REQUIRE(::mkfifo(world.bench.path("in/ams-edge/internal.cer").c_str(), 0600) == 0);
    CHECK(has(world.unusable(), "no regular file"));
    fs::remove(world.bench.path("in/ams-edge/internal.cer"));
    fs::create_directory(world.bench.path("in/ams-edge/internal.cer"));
    CHECK(has(world.unusable(), "no regular file"));
    fs::remove_all(world.bench.path("in"));
    fs::create_symlink(world.bench.path("elsewhere"), world.bench.path("in"));
    CHECK(has(world.unusable(), "symbolic link"));
    fs::remove(world.bench.path("in"));
    fs::create_directories(world.bench.path("in"));
    fs::create_symlink(world.bench.path("elsewhere"), world.bench.path("in/ams-edge"));
    CHECK(has(world.unusable(), "symbolic link"));
    fs::permissions(world.bench.path("in"), fs::perms(0777));
    CHECK(has(world.unusable(), "every user"));
}

TEST_CASE("An outbox that cannot be written, and names that are no file names, are refused") {
    OfflineWorld world;
    std::get<OfflineAuthority>(world.spec.kind).outbox = world.bench.path("root.pem");
    CHECK(code_of([&] { static_cast<void>(world.authority().submit(world.submission)); }) ==
          "authority-refused");
    const Authority::Check check = world.authority().check(real_now());
    CHECK_FALSE(check.ok);
    REQUIRE(check.faults.size() == 1);
    CHECK(has(check.faults.front(), "outbox"));
    CHECK_MESSAGE(has(check.lines.front(), "inbox"), "what is good stays good");
    const AuthorityView view =
        world.authority().observe(real_now(), world.cache);  // a plan warns before apply stops
    REQUIRE(view.warnings.size() == 1);
    CHECK(view.warnings.front().starts_with("outbox " + world.bench.path("root.pem") + ": "));
    std::get<OfflineAuthority>(world.spec.kind).outbox = world.bench.path("out");
    CHECK(world.authority().observe(real_now(), world.cache).warnings.empty());
    for (const char* name : {"..", "../up", "a/b", "", "UPPER"}) {
        Submission submission = world.submission;
        submission.pool = name;
        CHECK(code_of([&] { static_cast<void>(world.authority().submit(submission)); }) ==
              "authority-refused");
        Inquiry inquiry = world.inquiry;
        inquiry.certificate = name;
        CHECK(code_of([&] { static_cast<void>(world.authority().poll(inquiry, world.cache)); }) ==
              "authority-refused");
    }
    CHECK(world.bench.files("out").size() == 2);
}

TEST_CASE("An offline CA is somewhere else: it is not made here") {
    const OfflineWorld world;
    CHECK(code_of([&] { world.authority().create(real_now()); }) == "authority-refused");
}

}  // namespace
}  // namespace edgecert::test
