// Authorities as they come out of their manifests.
#include <doctest/doctest.h>

#include <chrono>
#include <variant>

#include "engine/manifest/fields.h"
#include "engine/manifest/load.h"
#include "tests/unit/kinds/fleets.h"

using namespace edgecert;
using edgecert::tests::codes;
using edgecert::tests::resolve_text;

namespace {

std::string authority(const std::string& spec, const std::string& name = "x") {
    return "apiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: " + name +
           "}\nspec: " + spec + "\n";
}

AuthoritySpec only(const std::string& spec) {
    const Resolved resolved = resolve_text(authority(spec));
    REQUIRE(resolved.fleet.authorities.size() == 1);
    return resolved.fleet.authorities.front();
}

const std::string pin(64, 'A');

}  // namespace

TEST_CASE("a pin too short to be one is told at its place, with all other mistakes") {
    for (const std::string pin : {"abc", "''", "sha256", "'7b:cc'", "5"}) {
        CAPTURE(pin);
        const auto found = codes(resolve_text(
            "apiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: a}\n"
            "spec: {chain: {file: c.p7b, roots: [" +
            pin + "]}}\n---\napiVersion: edgecert/v1\nkind: Sitee\nmetadata: {name: b}\nspec: {}\n"));
        CHECK(found.size() == 2);
    }
}

TEST_CASE("a local authority has its defaults, and needs no pin") {
    const Resolved resolved =
        resolve_text(authority("{local: {directory: ../ca/./x/, subject: {commonName: CA, country: de}}}"));
    CHECK(resolved.diagnostics.empty());
    const AuthoritySpec& spec = resolved.fleet.authorities.front();
    CHECK(spec.is_local());
    const auto& local = std::get<LocalAuthority>(spec.kind);
    CHECK(local.directory == "/ca/x");
    CHECK(local.key == x509::KeyKind{x509::KeyAlgorithm::rsa, 2048});
    CHECK(local.validity == std::chrono::days{3650});
    CHECK(local.subject.country == "DE");
    CHECK(spec.match == Match{false, false, true});
}

TEST_CASE("offline and command authorities may change more unless they are held to it") {
    CHECK(only("{offline: {outbox: out, inbox: in}, chain: {file: c.p7b}}").match == Match{true, true, true});
    CHECK(only("{command: [our-ca]}").match == Match{true, true, true});
    CHECK(only("{command: [our-ca], match: {subject: exact, names: exact, usages: exact}}").match ==
          Match{false, false, false});
    CHECK(only("{adcs: {url: 'https://ca/', auth: {method: negotiate}}}").match == Match{false, false, true});
}

TEST_CASE("paths are relative to the file that holds them; a bare program is found on PATH") {
    CHECK(std::get<CommandAuthority>(only("{command: [our-ca, a/b]}").kind).command ==
          std::vector<std::string>{"our-ca", "a/b"});
    CHECK(std::get<CommandAuthority>(only("{command: [bin/our-ca]}").kind).command ==
          std::vector<std::string>{"/manifests/bin/our-ca"});
    CHECK(
        std::get<OfflineAuthority>(only("{offline: {outbox: out, inbox: /in}, chain: {file: c.p7b}}").kind) ==
        OfflineAuthority{"/manifests/out", "/in"});
}

TEST_CASE("an AD CS authority is read whole") {
    const AuthoritySpec spec = only(
        "{adcs: {url: 'https://ca01.contoso.net/certsrv', auth: {method: ntlm, username: 'CONTOSO\\svc', "
        "password: {command: [./pass, ca]}}, tls: {ca: web.pem}, limits: {concurrent: 5}}, chain: {file: "
        "c.p7b, roots: ['sha256:" +
        pin + "', 'sha256:" + pin + "']}}");
    const AdcsAuthority wanted{"https://ca01.contoso.net/certsrv/",
                               "ntlm",
                               "CONTOSO\\svc",
                               {SecretSource::Kind::command, {"/manifests/pass", "ca"}},
                               "",
                               "",
                               "/manifests/web.pem",
                               5};
    CHECK(std::get<AdcsAuthority>(spec.kind) == wanted);
    CHECK(spec.chain_file == "/manifests/c.p7b");
    CHECK(spec.roots == std::vector<std::string>{std::string(64, 'a')});
}

TEST_CASE("a missing pin is said of everything but a local CA, and no annotation allows it away") {
    CHECK(codes(resolve_text(authority("{command: [our-ca]}"))) == std::vector<std::string>{"no-pin 3:18"});
    CHECK(codes(resolve_text(authority("{chain: {file: c.p7b}}"))) == std::vector<std::string>{"no-pin 4:8"});
    CHECK(codes(resolve_text(authority("{command: [our-ca], chain: {roots: ['sha256:" + pin + "']}}")))
              .empty());
}

TEST_CASE("what makes a CA this CA is its kind, subject and key, and not where it is kept") {
    const std::string same = only("{local: {directory: /a, subject: {commonName: CA}}}").declaration;
    CHECK(same.size() == 64);
    CHECK(only("{local: {directory: /b, subject: {commonName: CA}, validity: 30d, distributionPoint: "
               "'http://x/y'}, public: true}")
              .declaration == same);
    CHECK(only("{local: {directory: /a, subject: {commonName: CA2}}}").declaration != same);
    CHECK(only("{local: {directory: /a, subject: {commonName: CA}, key: {bits: 4096}}}").declaration != same);
    CHECK(only("{command: [a, b]}").declaration != only("{command: [a b]}").declaration);
}

TEST_CASE("the address of enrolment pages ends with their folder, and holds no password") {
    const auto found = [](const std::string& url) {
        return resolve_text(authority("{adcs: {url: '" + url + "', auth: {method: negotiate}}}")).diagnostics;
    };
    for (const char* url :
         {"https://ca/certsrv/?a=b", "https://ca/certsrv#x", "https://ca\\certsrv", "ca/"}) {
        CAPTURE(url);
        const auto diagnostics = found(url);
        REQUIRE(diagnostics.size() == 2);  // no-pin comes first
        CHECK(diagnostics[1].code == "bad-url");
    }
    for (const char* url : {"https://svc:swordfish@ca/certsrv/", "http://svc:swordfish@ca/"}) {
        const auto diagnostics = found(url);
        REQUIRE(diagnostics.size() == 2);
        CHECK(diagnostics[1].code == "inline-secret");
        for (const Diagnostic& diagnostic : diagnostics) {
            CHECK(render(diagnostic).find("swordfish") == std::string::npos);
        }
    }
}

TEST_CASE("a secret under a misspelt key is shown in no diagnostic, nor is a list of secrets") {
    const std::string head =
        "apiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: x}\nspec:\n  adcs:\n"
        "    url: https://ca/\n";
    for (const char* rest :
         {"    auth: {method: ntlm, username: u, passwrod: swordfish}\n",
          "    auth:\n      method: ntlm\n      username: u\n      pwd: swordfish\n",
          "    auth:\n      method: ntlm\n      username: u\n      kennwort: swordfish\n",
          "    auth: {method: ntlm, username: u, password: [swordfish]}\n",
          "    auth: {method: ntlm, username: u, password: {evn: swordfish}}\n",
          "    auth: {method: ntlm, username: u, password: {value: {is: swordfish}}}\n",
          "    auth: {method: negotiate}\n    Password: swordfish\n",
          "    auth: {method: negotiate}\n    secret: swordfish\n  passphrase: swordfish\n",
          "    auth: {method: negotiate}\n    pass: swordfish: x\n"}) {
        CAPTURE(rest);
        const Loaded loaded = load_bytes("x.yaml", head + rest);
        const auto diagnostics = resolve(loaded.documents, tests::today()).diagnostics;
        CHECK_FALSE((diagnostics.empty() && loaded.diagnostics.empty()));
        for (const Diagnostic& diagnostic : diagnostics) {
            CHECK(render(diagnostic).find("swordfish") == std::string::npos);
        }
        Findings findings(loaded.diagnostics);
        for (const Diagnostic& diagnostic : findings.take()) {
            CHECK(render(diagnostic).find("swordfish") == std::string::npos);
        }
    }
}

TEST_CASE("a secret written inline is shown in no diagnostic of its line") {
    const std::string text = authority(
        "{adcs: {url: 'https://ca/', auth: {method: ntlm, username: u, password: swordfish, extra: 1}}}");
    const Resolved resolved = resolve_text(text);
    CHECK(codes(resolved) ==
          std::vector<std::string>{"no-pin 3:18", "inline-secret 4:79", "unknown-key 4:90"});
    for (const Diagnostic& diagnostic : resolved.diagnostics) {
        CHECK(render(diagnostic).find("swordfish") == std::string::npos);
    }
    const std::string folded =
        "apiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: x}\nspec:\n  adcs:\n    url: "
        "https://ca/\n    auth:\n"
        "      method: ntlm\n      username: u\n      password: hunter\n        fish\n      oops: 2\n";
    const Loaded loaded = load_bytes("x.yaml", folded);
    for (const Diagnostic& diagnostic : resolve(loaded.documents, tests::today()).diagnostics) {
        CHECK(render(diagnostic).find("hunter") == std::string::npos);
        CHECK(render(diagnostic).find("fish") == std::string::npos);
    }
    const std::string twice = "apiVersion: edgecert/v1\npassword: one\npassword: swordfish\n";
    const Loaded duplicate = load_bytes("x.yaml", twice);
    REQUIRE(duplicate.diagnostics.size() == 1);
    Findings findings(duplicate.diagnostics);
    CHECK(findings.take().front().excerpt == "password: …");
}
