// A CA behind a program of somebody's own: what it says is bounded, and what it does not say is not guessed.
#include "resources/authorities/command.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct CommandWorld {
    Workbench bench{};
    AuthoritySpec spec{.name = "ours"};
    x509::CertificateCache cache{};
    Submission submission{submission_of(bench.csr({}), issuance_id(1), real_now())};
    Inquiry inquiry{inquiry_of(submission, Accepted{"42"})};

    // A program that keeps what it was asked in asked.json, then does what `script` says.
    [[nodiscard]] CommandCertificateAuthority saying(const std::string& script,
                                                     Seconds deadline = Seconds{20}) {
        bench.write("program", "#!/bin/sh\ncat > " + bench.path("asked.json") + "\n" + script + "\n");
        fs::permissions(bench.path("program"), fs::perms(0755));
        spec.kind = CommandAuthority{{bench.path("program"), "an argument"}};
        return CommandCertificateAuthority(spec, deadline);
    }
    [[nodiscard]] std::string answer(const nlohmann::ordered_json& json) const {
        bench.write("answer.json", json.dump());
        return "cat " + bench.path("answer.json");
    }
};

std::string failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic().code + ": " + error.diagnostic().text;
    }
    return {};
}

TEST_CASE(
    "The program gives the chain, of which only what leads to a pin is trusted, and promises idempotency or "
    "not") {
    CommandWorld world;
    const auto root = world.bench.ca("root", "/CN=Root");
    const auto issuing = world.bench.ca("issuing", "/CN=Issuing", "root");
    world.bench.ca("other", "/CN=Other");
    world.spec.roots = {root->sha256};
    const nlohmann::ordered_json json{
        {"certificates",
         {world.bench.read("issuing.pem") + world.bench.read("root.pem"), world.bench.read("other.pem")}},
        {"idempotent", true}};
    CommandCertificateAuthority authority = world.saying(world.answer(json));
    CHECK_FALSE(authority.idempotent());
    const AuthorityView view = authority.observe(real_now(), world.cache);
    CHECK(view.reachable);
    CHECK(authority.idempotent());
    REQUIRE(view.chain.size() == 2);
    CHECK(view.chain[0].certificate->sha256 == root->sha256);
    CHECK(view.chain[1].certificate->sha256 == issuing->sha256);
    CHECK(view.unpinned_roots.size() == 1);
    const auto asked = nlohmann::ordered_json::parse(world.bench.read("asked.json"));
    CHECK(asked == nlohmann::ordered_json{{"format", "edgecert.authority-command/1"},
                                          {"operation", "chain"},
                                          {"authority", "ours"}});
}

TEST_CASE(
    "Where a chain file is declared it alone is the chain, and stays so while the program is out of order") {
    CommandWorld world;
    world.spec.roots = {world.bench.ca("root", "/CN=Root")->sha256};
    world.spec.chain_file = world.bench.path("root.pem");
    CommandCertificateAuthority authority = world.saying("exit 3");
    const AuthorityView view = authority.observe(real_now(), world.cache);
    CHECK_FALSE(view.reachable);
    CHECK(has(view.error, "ended with status 3"));
    CHECK(view.chain.size() == 1);
    CHECK(view.chain_problem.empty());
}

TEST_CASE("A submission carries everything, and each of its answers is understood") {
    CommandWorld world;
    SubmitAnswer answer =
        world.saying(world.answer({{"status", "accepted"}, {"ticket", "42"}})).submit(world.submission);
    REQUIRE(std::holds_alternative<Accepted>(answer));
    CHECK(std::get<Accepted>(answer).ticket == "42");
    const auto asked = nlohmann::ordered_json::parse(world.bench.read("asked.json"));
    CHECK(asked.at("operation") == "submit");
    CHECK(asked.at("issuance") == world.submission.issuance);
    CHECK(asked.at("request") == world.submission.request_pem);
    CHECK(asked.at("publicKey") == world.submission.spki);
    CHECK(asked.at("extendedKeyUsage") == nlohmann::ordered_json::array({"serverAuth"}));
    CHECK(asked.at("validity") == 90 * 86400);
    answer =
        world
            .saying(world.answer(
                {{"status", "denied"}, {"code", "no"}, {"message", "not\u001b[31m you"}, {"hint", "ask"}}))
            .submit(world.submission);
    REQUIRE(std::holds_alternative<Denied>(answer));
    CHECK(std::get<Denied>(answer) == Denied{"no", "not\\x1b[31m you", "ask"});
    answer = world.saying(world.answer({{"status", "ambiguous"}, {"message", "the line broke"}}))
                 .submit(world.submission);
    REQUIRE(std::holds_alternative<Ambiguous>(answer));
    CHECK(std::get<Ambiguous>(answer).message == "the line broke");
}

TEST_CASE("Whatever leaves open what the CA did makes a submission ambiguous") {
    CommandWorld world;
    const std::vector<std::string> scripts{"echo rubbish",
                                           "true",
                                           "echo '[]'",
                                           "echo '{}'",
                                           "echo '{\"status\":\"fine\"}'",
                                           "echo '{\"status\":\"accepted\"}'",
                                           "echo '{\"status\":\"accepted\",\"ticket\":\"\"}'",
                                           "printf '{\"status\":\"accepted\",\"ticket\":\"a\\\\u0007b\"}'",
                                           "echo '{\"status\":\"accepted\",\"tick",
                                           "echo 'it broke' >&2; exit 1",
                                           "kill -9 $$",
                                           "yes '{\"status\":\"accepted\"' | head -c 3000000"};
    for (const std::string& script : scripts) {
        CAPTURE(script);
        CHECK(std::holds_alternative<Ambiguous>(world.saying(script).submit(world.submission)));
    }
    const SubmitAnswer answer = world.saying("echo 'the disk is full' >&2; exit 1").submit(world.submission);
    REQUIRE(std::holds_alternative<Ambiguous>(answer));
    CHECK(has(std::get<Ambiguous>(answer).message, "ended with status 1; it said: the disk is full"));
}

TEST_CASE(
    "A program that promised idempotency and then says nothing leaves nothing for a person to look up") {
    CommandWorld world;
    CommandCertificateAuthority authority =
        world.saying(world.answer({{"status", "accepted"}, {"ticket", "42"}, {"idempotent", true}}));
    REQUIRE(std::holds_alternative<Accepted>(authority.submit(world.submission)));
    world.bench.write("answer.json", "half an ans");
    CHECK(code_of([&] { static_cast<void>(authority.submit(world.submission)); }) == "authority-refused");
    static_cast<void>(world.answer({{"status", "ambiguous"}, {"message", "half way"}}));
    const SubmitAnswer answer = authority.submit(world.submission);
    REQUIRE(std::holds_alternative<Ambiguous>(answer));
    CHECK(std::get<Ambiguous>(answer).message == "half way");
}

TEST_CASE("A program that hangs is given up after its time, and a submission to it is ambiguous") {
    CommandWorld world;
    const auto begin = std::chrono::steady_clock::now();
    CHECK(std::holds_alternative<Ambiguous>(world.saying("sleep 60", Seconds{1}).submit(world.submission)));
    CHECK(failure_of([&] {
              static_cast<void>(world.saying("sleep 60", Seconds{1}).poll(world.inquiry, world.cache));
          }).starts_with("authority-unreachable: "));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE(
    "A program that says itself that nothing was done, or cannot be started, is an error that may be tried "
    "again") {
    CommandWorld world;
    const std::string refusal =
        "echo '{\"error\":\"the CA is closed on Sundays\",\"hint\":\"come back\"}'; exit 1";
    CHECK(has(failure_of([&] { static_cast<void>(world.saying(refusal).submit(world.submission)); }),
              "the CA is closed on Sundays"));
    CHECK(code_of([&] { static_cast<void>(world.saying(refusal).submit(world.submission)); }) ==
          not_submitted);
    CHECK(code_of([&] { static_cast<void>(world.saying(refusal).poll(world.inquiry, world.cache)); }) ==
          "authority-refused");
    const AuthorityView view = world.saying(refusal).observe(real_now(), world.cache);
    CHECK_FALSE(view.reachable);
    CHECK(has(view.error, "the CA is closed on Sundays"));
    CHECK_FALSE(view.chain_problem.empty());
    world.spec.kind = CommandAuthority{{world.bench.path("no-such-program")}};
    CommandCertificateAuthority authority(world.spec);
    CHECK(code_of([&] { static_cast<void>(authority.submit(world.submission)); }) == not_submitted);
    CHECK_FALSE(authority.observe(real_now(), world.cache).reachable);
    CHECK_FALSE(authority.check(real_now()).ok);
}

TEST_CASE("An issued certificate has the request's key, or the answer is unusable") {
    CommandWorld world;
    world.bench.ca("root", "/CN=Root");
    world.bench.leaf({.name = "leaf", .csr = "internal", .issuer = "root"});
    world.bench.csr({.name = "other"});
    world.bench.leaf({.name = "other", .csr = "other", .issuer = "root"});
    const std::string leaf = world.bench.read("leaf.pem");
    const std::string root = world.bench.read("root.pem");
    const auto polled = [&](const nlohmann::ordered_json& json) {
        return world.saying(world.answer(json)).poll(world.inquiry, world.cache);
    };
    const Answer answer = polled({{"status", "issued"}, {"certificate", leaf}, {"chain", {root}}});
    REQUIRE(std::holds_alternative<Issued>(answer));
    CHECK(std::get<Issued>(answer).certificate->spki_sha256 == world.submission.spki);
    CHECK(std::get<Issued>(answer).chain.size() == 1);
    CHECK(nlohmann::ordered_json::parse(world.bench.read("asked.json")).at("ticket") == "42");
    const std::vector<nlohmann::ordered_json> unusable{
        {{"status", "issued"}},
        {{"status", "issued"}, {"certificate", 7}},
        {{"status", "issued"}, {"certificate", "rubbish"}},
        {{"status", "issued"}, {"certificate", root}},
        {{"status", "issued"}, {"certificate", leaf}, {"chain", {"rubbish"}}},
        {{"status", "issued"}, {"certificate", world.bench.read("other.pem")}}};
    for (const nlohmann::ordered_json& json : unusable) {
        CAPTURE(json.dump().substr(0, 80));
        CHECK(std::holds_alternative<Unusable>(polled(json)));
    }
    CHECK(std::holds_alternative<Denied>(polled({{"status", "denied"}, {"message", "no"}})));
    CHECK(std::holds_alternative<Ambiguous>(polled({{"status", "ambiguous"}})));
    CHECK(polled({{"status", "pending"}, {"onWhom", "the officer"}, {"whatToDo", "wait"}}) ==
          Answer{Pending{"the officer", "wait"}});
    CHECK(std::holds_alternative<Pending>(polled({{"status", "pending"}})));
    CHECK(code_of([&] { static_cast<void>(polled({{"status", "fine"}})); }) == "authority-refused");
}

TEST_CASE("Rubbish in a chain makes an authority unusable, not the program's caller") {
    CommandWorld world;
    for (const char* answer : {"echo '{\"certificates\":\"x\"}'",
                               "echo '{\"certificates\":[7]}'",
                               "echo '{\"certificates\":[\"rubbish\"]}'",
                               "echo '{}'",
                               "yes '[' | tr -d '\\n' | head -c 200000"}) {
        CAPTURE(answer);
        const AuthorityView view = world.saying(answer).observe(real_now(), world.cache);
        CHECK_FALSE(view.reachable);
        CHECK(view.chain.empty());
    }
}

TEST_CASE("A check shows the program's own lines, harmless and bounded") {
    CommandWorld world;
    const auto root = world.bench.ca("root", "/CN=Root");
    world.bench.ca("issuing", "/CN=Issuing", "root");
    world.spec.roots = {root->sha256};
    nlohmann::ordered_json json{
        {"ok", true},
        {"lines", {"fine\u0007", 7}},
        {"certificates", {world.bench.read("issuing.pem") + world.bench.read("root.pem")}}};
    const Authority::Check check = world.saying(world.answer(json)).check(real_now());
    CHECK(check.ok);
    REQUIRE(check.lines.size() == 3);
    CHECK(check.lines[0] == "fine\\x07");
    CHECK(check.lines[1].starts_with("root sha256:" + root->sha256));
    CHECK(check.lines[2].starts_with("intermediate sha256:"));
    // A CA that works, and whose chain nobody here may use, is not ready; the message has what the pin is
    // compared with.
    world.spec.roots = {std::string(64, '0')};
    const Authority::Check other = world.saying(world.answer(json)).check(real_now());
    CHECK_FALSE(other.ok);
    CHECK(other.faults.back().find("none of its certificates is a pinned root; it holds the root sha256:" +
                                   root->sha256) != std::string::npos);
    json.erase("certificates");
    CHECK_FALSE(world.saying(world.answer(json)).check(real_now()).ok);
    CHECK_FALSE(world.saying(world.answer({{"ok", false}})).check(real_now()).ok);
    CHECK_FALSE(world.saying("echo '{}'").check(real_now()).ok);
}

TEST_CASE("What is written to a program, and what the example answers, is what the schema describes") {
    CommandWorld world;
    const std::string program = std::string(EDGECERT_SOURCE_DIR) + "/examples/command-ca/our-ca";
    const std::string ca = world.bench.path("ca");
    world.bench.must({program, "init", ca});
    // Between the two sits a tee that keeps both sides.
    world.bench.write("tee",
                      "#!/bin/sh\nn=$(ls " + ca + "/.. | grep -c said)\ntee " + ca + "/../asked.$n | " +
                          program + " answer " + ca + " | tee " + ca + "/../said.$n\n");
    fs::permissions(world.bench.path("tee"), fs::perms(0755));
    world.spec.kind = CommandAuthority{{world.bench.path("tee")}};
    world.spec.roots = {world.bench.certificate("ca/root.pem")->sha256};
    CommandCertificateAuthority authority(world.spec);
    static_cast<void>(authority.observe(real_now(), world.cache));
    CHECK(authority.check(real_now()).ok);
    const Inquiry inquiry = inquiry_of(world.submission, authority.submit(world.submission));
    CHECK(std::holds_alternative<Issued>(authority.poll(inquiry, world.cache)));
    world.bench.write(
        "check.py",
        "import json, sys, jsonschema\n"
        "schema = json.load(open(sys.argv[1]))\n"
        "for n, answer in enumerate(['chain', 'check', 'submit', 'poll']):\n"
        "    for file, part in [('asked.%d' % n, 'request'), ('said.%d' % n, answer + 'Answer')]:\n"
        "        part = dict(schema, anyOf=[{'$ref': '#/definitions/' + part}])\n"
        "        jsonschema.Draft7Validator(part).validate(json.load(open(file)))\n");
    world.bench.must(
        {"python3", "check.py", std::string(EDGECERT_SOURCE_DIR) + "/schemas/authority-command.schema.json"});
}

TEST_CASE(
    "The example CA denies an issuance id for another key, and says ambiguous after it was interrupted") {
    CommandWorld world;
    const std::string program = std::string(EDGECERT_SOURCE_DIR) + "/examples/command-ca/our-ca";
    world.bench.must({program, "init", world.bench.path("ca")});
    world.spec.kind = CommandAuthority{{program, "answer", world.bench.path("ca")}};
    CommandCertificateAuthority authority(world.spec);
    REQUIRE(std::holds_alternative<Accepted>(authority.submit(world.submission)));
    Submission other =
        submission_of(world.bench.csr({.name = "other"}), world.submission.issuance, real_now());
    CHECK(std::holds_alternative<Denied>(authority.submit(other)));
    const std::string order = "ca/requests/" + world.submission.issuance;
    CHECK(std::holds_alternative<Pending>(
        authority.poll({.issuance = issuance_id(5), .spki = other.spki}, world.cache)));
    fs::remove(world.bench.path(order + "/certificate.pem"));
    CHECK(std::holds_alternative<Ambiguous>(authority.submit(world.submission)));
    // What openssl refuses to sign leaves nothing behind that would stand in the way of the next try.
    other = submission_of(world.bench.csr({.name = "again"}), issuance_id(6), real_now());
    const std::string good = other.request_pem;
    other.request_pem = "rubbish";
    CHECK(code_of([&] { static_cast<void>(authority.submit(other)); }) == not_submitted);
    other.request_pem = good;
    CHECK(std::holds_alternative<Accepted>(authority.submit(other)));
}

}  // namespace
}  // namespace edgecert::test
