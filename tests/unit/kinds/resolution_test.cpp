// What is wrong with fleets, where a broken example would not show it: follow-up noise, order, dates, bounds,
// digests.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "engine/manifest/load.h"
#include "tests/unit/kinds/fleets.h"

using namespace edgecert;
using namespace std::chrono_literals;
using edgecert::tests::base;
using edgecert::tests::codes;
using edgecert::tests::only_pool;
using edgecert::tests::resolve_text;
using edgecert::tests::with_pool;

namespace {

using Codes = std::vector<std::string>;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::vector<std::string> bare_codes(const Resolved& resolved) {
    std::vector<std::string> found;
    for (const Diagnostic& diagnostic : resolved.diagnostics) {
        found.push_back(diagnostic.code);
    }
    return found;
}

Resolved resolve_raw(const std::string& text) {
    const Loaded loaded = load_bytes("fleet.yaml", text);
    return resolve(loaded.documents, tests::today());
}

}  // namespace

TEST_CASE("no store, CA or exchange folder lies inside another's") {
    const auto found = [](const std::string& first, const std::string& second) {
        return bare_codes(resolve_text(with_pool(
            "  certificates: [{name: internal, roles: [internal]}]\n"
            "---\napiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: sent}\n"
            "spec: {offline: {outbox: /x/out, inbox: /x/in}, chain: {file: c.p7b, roots: "
            "['sha256:0000000000000000000000000000000000000000000000000000000000000000']}}\n"
            "---\napiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: mine}\n"
            "spec: {local: {directory: /x/ca, subject: {commonName: Mine}}}\n"
            "---\napiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: other}\nspec:\n"
            "  site: amsterdam\n  fqdn: other.contoso.net\n  certificates: [{name: internal, roles: "
            "[internal]}]\n  servers:\n    - {name: o1, fqdn: o1.contoso.net, store: {directory: " +
            first + "}}\n    - {name: o2, fqdn: o2.contoso.net, store: {directory: " + second + "}}\n")));
    };
    CHECK(found("/x/o1", "/x/o2") == Codes{});
    CHECK(found("/x/o1", "/x/o11") == Codes{});
    CHECK(found("/x/o1", "/x/o1/personal/o2") == Codes{"nested-folder"});
    CHECK(found("/x/o1/o2", "/x/o1") == Codes{"nested-folder"});
    CHECK(found("/x/ca/o1", "/x/o2") == Codes{"nested-folder"});
    CHECK(found("/x/out", "/x/o2") == Codes{"nested-folder"});
    CHECK(found("/x/in/o1", "/x/o2") == Codes{"nested-folder"});
    CHECK(found("/x", "/y") == Codes{"nested-folder", "nested-folder", "nested-folder"});
    CHECK(found("/x/ca", "/y") == Codes{"shared-store"});
}

TEST_CASE("a document that is there but broken is no missing reference, and its mistakes are the only ones") {
    const std::string good = with_pool();
    CHECK(bare_codes(resolve_text(replaced(good, "kind: Site", "kind: Sitee"))) == Codes{"unknown-kind"});
    CHECK(bare_codes(resolve_text(
              replaced(good, "metadata: {name: amsterdam}", "metadata: {name: amsterdam, x: y}"))) ==
          Codes{"unknown-key"});
    CHECK(bare_codes(resolve_text(replaced(good, "  authority: contoso\n", "  authority: [contoso]\n"))) ==
          Codes{"wrong-type"});
    CHECK(bare_codes(resolve_text(replaced(good, "spec: {key: {exportable: true}}", "spec: [a]"))) ==
          Codes{"wrong-type"});
    CHECK(bare_codes(resolve_text(
              replaced(good, "spec: {key: {exportable: true}}", "spec: {key: {exportable: yes}}"))) ==
          Codes{"bad-boolean"});
    CHECK(bare_codes(resolve_text(replaced(good, "  fqdn: Edge-Int.ams.contoso.net", "  fqdn: edge_int"))) ==
          Codes{"bad-host-name"});
    CHECK(bare_codes(resolve_text(replaced(good,
                                           "  store: {directory: \"stores/${pool.name}/${server.name}\"}",
                                           "  store: {directory: [x]}"))) == Codes{"wrong-type"});
    CHECK(bare_codes(
              resolve_text(replaced(good, "metadata: {name: amsterdam}", "metadata: {nam: amsterdam}"))) ==
          Codes{"missing-key", "unknown-key"});
    CHECK(bare_codes(resolve_text(replaced(
              good, "apiVersion: edgecert/v1\nkind: Site", "apiVersion: edgecert/v2\nkind: Site"))) ==
          Codes{"api-version"});
}

TEST_CASE(
    "a document lost to a syntax error is no missing reference either, but a near name is still a mistake") {
    const std::string folder = "/tmp";
    std::string name = folder + "/edgecert-kinds-XXXXXX.yaml";
    const int descriptor = mkstemps(name.data(), 5);
    REQUIRE(descriptor >= 0);
    const std::string text = replaced(with_pool("  trust: [contosa]\n  certificates: [internal]\n"),
                                      "  authority: contoso\n",
                                      "  authority: [contoso\n");
    REQUIRE(write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(descriptor);
    const Resolved resolved = load_fleet({name}, tests::today());
    unlink(name.c_str());
    CHECK(bare_codes(resolved) == Codes{"syntax", "unknown-reference"});
}

TEST_CASE("all mistakes of all documents are reported at once, sorted by place") {
    std::string text = with_pool(
        "  certificates: [{name: internal, roles: [internal], freindlyName: x, names: ['*.a', b_c]}, "
        "external]\n  requestOn: edge09\n");
    text = replaced(text, "key: {exportable: true}", "key: {exportable: on, bits: 1024}");
    text = replaced(text, "country: nl", "country: nld");
    const Resolved resolved = resolve_text(text);
    CHECK(bare_codes(resolved) == Codes{"bad-boolean",
                                        "weak-key",
                                        "bad-country",
                                        "unknown-key",
                                        "wildcard-name",
                                        "bad-host-name",
                                        "unknown-reference",
                                        "unknown-reference"});
    CHECK(std::is_sorted(
        resolved.diagnostics.begin(),
        resolved.diagnostics.end(),
        [](const Diagnostic& left, const Diagnostic& right) { return left.where < right.where; }));
    for (const Diagnostic& diagnostic : resolved.diagnostics) {
        CHECK_FALSE(diagnostic.excerpt.empty());
    }
}

TEST_CASE("the order of documents changes nothing but places") {
    const std::string first = with_pool();
    const std::string pool = first.substr(base().size());
    const std::string second = pool + "---\n" + base();
    const Fleet one = resolve_text(first).fleet;
    const Fleet two = resolve_raw(second.substr(0, second.size() - 4)).fleet;
    REQUIRE(two.pools.size() == 1);
    CHECK(one.pools.front().certificates.front().requirement ==
          two.pools.front().certificates.front().requirement);
    // The file is elsewhere, so the relative store is; given the same place, all is the same.
    Fleet moved = two;
    for (std::size_t i = 0; i < 2; ++i) {
        moved.pools.front().servers[i].store = one.pools.front().servers[i].store;
    }
    CHECK(requirements_digest(moved) == requirements_digest(one));
}

TEST_CASE("a shared value that is wrong for several pools is one finding that counts them") {
    std::string text = base();
    for (const char* name : {"a", "b", "c"}) {
        const std::string pool = name;
        text += "apiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: " + pool +
                "}\nspec:\n  site: amsterdam\n  fqdn: " + pool + ".net\n  servers: [{name: s, fqdn: s." +
                pool + ".net}]\n  certificates: [shared]\n---\n";
    }
    text +=
        "apiVersion: edgecert/v1\nkind: CertificateProfile\nmetadata: {name: shared}\nspec: {roles: [r], "
        "names: [\"${pool.vars.missing}\"]}\n";
    const Resolved resolved = resolve_text(text);
    REQUIRE(bare_codes(resolved) == Codes{"unknown-substitution"});
    CHECK(resolved.diagnostics.front().text ==
          "`${pool.vars.missing}` is unknown here (pool `a` and 2 more)");
}

TEST_CASE("what a public CA may issue for depends on the date") {
    struct Row {
        Instant now{};
        const char* days{};
    };
    const std::vector<Row> rows{{std::chrono::sys_days{2026y / 3 / 14}, "398"},
                                {std::chrono::sys_days{2026y / 3 / 15}, "200"},
                                {std::chrono::sys_days{2027y / 3 / 14}, "200"},
                                {std::chrono::sys_days{2027y / 3 / 15}, "100"},
                                {std::chrono::sys_days{2029y / 3 / 15}, "47"}};
    const auto with_validity = [](const std::string& validity) {
        const std::string text = replaced(
            with_pool(), "key: {exportable: true}", "key: {exportable: true}, validity: " + validity);
        return replaced(text, "{name: contoso}\nspec: {", "{name: contoso}\nspec: {public: true, ");
    };
    for (const Row& row : rows) {
        CAPTURE(row.days);
        CHECK(codes(resolve_text(with_validity(std::string(row.days) + "d"), row.now)).empty());
        const std::string over = std::to_string(std::stoi(row.days) + 1) + "d";
        const Resolved resolved = resolve_text(with_validity(over), row.now);
        REQUIRE(bare_codes(resolved) == Codes{"validity-over-limit"});
        CHECK(resolved.diagnostics.front().text.find("at most " + std::string(row.days) + " days") !=
              std::string::npos);
    }
}

TEST_CASE(
    "substitutions: literals, unknown ones, ones without an end, and none where nothing is substituted") {
    const auto with_name = [](const std::string& text) {
        return resolve_text(with_pool("  certificates: [{name: internal, roles: [internal], friendlyName: '" +
                                      text + "'}]\n"));
    };
    const auto friendly = [&](const std::string& text) {
        return only_pool(with_name(text)).certificates.front().friendly_name;
    };
    CHECK(friendly("$${pool.name} $ $$ ${pool.name}") == "${pool.name} $ $$ ams-edge");
    CHECK(friendly("${site.name}/${pool.fqdn}/${site.vars.domain}") ==
          "amsterdam/edge-int.ams.contoso.net/contoso.com");
    CHECK(bare_codes(with_name("${pool.nam}")) == Codes{"unknown-substitution"});
    CHECK(bare_codes(with_name("${pool.name")) == Codes{"unknown-substitution"});
    CHECK(bare_codes(with_name("${}")) == Codes{"unknown-substitution"});
    CHECK(bare_codes(with_name("${servers.fqdn} ${site.vars.nothing}")) ==
          Codes{"unknown-substitution", "unknown-substitution"});
    CHECK(bare_codes(resolve_text(replaced(with_pool(), "/var/lib/contoso-ca", "'/var/${pool.name}'"))) ==
          Codes{"unknown-substitution"});
}

TEST_CASE("an empty text in a list is called empty") {
    for (const char* field : {"roles: [\"\"]", "roles: [internal], names: [\"\"]"}) {
        const Resolved resolved =
            resolve_text(with_pool(std::string("  certificates: [{name: internal, ") + field + "}]\n"));
        REQUIRE_FALSE(resolved.diagnostics.empty());
        CHECK(resolved.diagnostics.front().code == "wrong-type");
        CHECK(resolved.diagnostics.front().text.ends_with("found an empty text"));
    }
}

TEST_CASE("no hint suggests what stands there already") {
    struct Row {
        const char* vars{};
        const char* names{};
        const char* text{};
        const char* hint{};
    };
    const std::vector<Row> rows{
        {"{a: \"${pool.vars.b}\", b: x.net}",
         "${pool.vars.a}",
         "`${pool.vars.b}` stands in a variable, and variables cannot name variables",
         "the value of a variable may name the site, the pool or the server"},
        {"{a: \"${servers.fqdn}\"}",
         "${pool.vars.a}",
         "`${servers.fqdn}` is unknown here",
         "it stands for several names, and only in a list of names, not in a variable"},
        {"{gone: null, other: x.net}",
         "${pool.vars.gone}",
         "`${pool.vars.gone}` is unknown here",
         "did you mean `${pool.vars.other}`?"},
    };
    for (const Row& row : rows) {
        const Resolved resolved = resolve_text(with_pool(
            std::string("  vars: ") + row.vars +
            "\n  certificates: [{name: internal, roles: [internal], names: [\"" + row.names + "\"]}]\n"));
        REQUIRE(bare_codes(resolved) == Codes{"unknown-substitution"});
        CHECK(resolved.diagnostics.front().text == std::string(row.text) + " (pool `ams-edge`)");
        CHECK(resolved.diagnostics.front().hint == row.hint);
    }
}

TEST_CASE("variables cannot name variables, so nothing grows without end") {
    std::string vars = "  vars: {v0: xxxxxxxxxx";
    for (int i = 1; i < 40; ++i) {
        const std::string before = "${pool.vars.v" + std::to_string(i - 1) + "}";
        vars += ", v" + std::to_string(i) + ": \"" + before + before + "\"";
    }
    const Resolved resolved = resolve_text(with_pool(
        vars +
        "}\n  certificates: [{name: internal, roles: [internal], friendlyName: \"${pool.vars.v39}\"}]\n"));
    CHECK(bare_codes(resolved) == Codes{"unknown-substitution"});
    std::string many = "\"";
    for (int i = 0; i < 4000; ++i) {
        many += "${pool.vars.big}";
    }
    const std::string big = "  vars: {big: " + std::string(1000, 'x') +
                            "}\n  certificates: [{name: internal, roles: [internal], friendlyName: " + many +
                            "\"}]\n";
    CHECK(bare_codes(resolve_text(with_pool(big))) == Codes{"too-long"});
}

TEST_CASE("includes may share lists and be long; only a circle is a mistake, named once") {
    std::string text = with_pool("  certificates: [{name: internal, roles: [internal], sans: [l0, l1]}]\n");
    constexpr int length = 20'000;
    for (int i = 0; i < length; ++i) {
        const std::string next = i + 1 < length ? "l" + std::to_string(i + 1) : "";
        text += "---\napiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: l" + std::to_string(i) +
                "}\nspec: {include: [" + next + (next.empty() ? "" : ", " + next) + "]" +
                (i + 1 == length ? ", dns: [end.net]" : "") + "}\n";
    }
    CHECK(only_pool(resolve_text(text)).certificates.front().requirement.names.dns == TextSet{"end.net"});
    const std::string self =
        with_pool() +
        "---\napiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: self}\nspec: {include: [self]}\n";
    const Resolved resolved = resolve_text(self);
    REQUIRE(bare_codes(resolved) == Codes{"include-circle"});
    CHECK(resolved.diagnostics.front().text == "a circle of includes: `self` → `self`");
}

TEST_CASE("a key has to be exportable only when it has to travel") {
    const std::string text = replaced(with_pool(), "key: {exportable: true}", "");
    CHECK(bare_codes(resolve_text(text)) == Codes{"key-not-exportable"});
    const std::string second = "edge02.ams.contoso.net}";
    CHECK(bare_codes(resolve_text(replaced(text, second, "edge02.ams.contoso.net, absent: true}"))).empty());
    CHECK(bare_codes(resolve_text(replaced(text, second, "edge02.ams.contoso.net, maintenance: true}"))) ==
          Codes{"key-not-exportable"});
}

TEST_CASE("the digest of a requirement follows what reissues, and nothing else") {
    const auto digest_of = [](const std::string& text) {
        return digest(only_pool(resolve_text(text)).certificates.front().requirement);
    };
    const auto entry = [](const std::string& fields) {
        return with_pool("  certificates: [{name: internal, roles: [internal], " + fields + "}]\n");
    };
    const std::string plain = digest_of(entry("names: [a.net, b.net]"));
    CHECK(plain.size() == 64);
    CHECK(digest_of(entry("names: [B.net., A.NET]")) == plain);
    CHECK(digest_of(entry("names: [a.net, b.net], friendlyName: x, issuedAfter: 2026-01-01")) == plain);
    CHECK(digest_of(replaced(entry("names: [a.net, b.net]"),
                             "key: {exportable: true}",
                             "key: {exportable: true, onRenewal: reuse}, validity: 30d, digest: sha384, "
                             "renewal: {before: 3d}")) == plain);
    CHECK(digest_of(entry("names: [a.net]")) != plain);
    CHECK(digest_of(entry("names: [a.net, b.net], subject: {locality: x}")) != plain);
    CHECK(digest_of(replaced(entry("names: [a.net, b.net]"),
                             "key: {exportable: true}",
                             "key: {exportable: true, bits: 3072}")) != plain);
    CHECK(digest_of(replaced(entry("names: [a.net, b.net]"),
                             "key: {exportable: true}",
                             "key: {exportable: true}, extendedKeyUsage: [serverAuth, clientAuth]")) !=
          plain);
}

TEST_CASE("the digest of a fleet follows every wish and no place in a file") {
    const std::string text = with_pool();
    const std::string plain = requirements_digest(resolve_text(text).fleet);
    CHECK(requirements_digest(resolve_text("# a comment\n\n" + text).fleet) == plain);
    CHECK(requirements_digest(resolve_text(replaced(text, "stores/", "store/")).fleet) == plain);
    CHECK(requirements_digest(
              resolve_text(replaced(text, "/var/lib/contoso-ca", "/var/lib/other-ca")).fleet) == plain);
    for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
             {"edge02.ams.contoso.net}", "edge02.ams.contoso.net, maintenance: true}"},
             {"edge02.ams.contoso.net}", "edge02.ams.contoso.net, pfx: 3des-sha1}"},
             {"key: {exportable: true}", "key: {exportable: true}, renewal: {before: 20%}"},
             {"key: {exportable: true}", "key: {exportable: true}, renewal: {before: 20d}"},
             {"key: {exportable: true}", "key: {exportable: true}, minimumValidity: 20d"},
             {"roles: [internal]", "roles: [internal, other]"},
             {"roles: [internal]", "roles: [internal], friendlyName: x"}}) {
        CAPTURE(with);
        CHECK(requirements_digest(resolve_text(replaced(text, what, with)).fleet) != plain);
    }
}

TEST_CASE("two thousand pools resolve without anything quadratic") {
    std::string text = base();
    for (int i = 0; i < 2000; ++i) {
        const std::string name = "p" + std::to_string(i);
        text += "apiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: " + name +
                "}\nspec:\n  site: amsterdam\n  fqdn: " + name + ".net\n  servers:\n";
        for (int j = 0; j < 4; ++j) {
            text += "    - {name: s" + std::to_string(j) + ", fqdn: s" + std::to_string(j) + "." + name +
                    ".net}\n";
        }
        // Each is wrong once, which must cost no more than being right.
        text +=
            "  certificates: [{name: internal, roles: [internal], names: [\"${pool.vars.x}\"], authority: "
            "nobody-" +
            name + "}]\n---\n";
    }
    const Loaded loaded = load_bytes("fleet.yaml", text.substr(0, text.size() - 4));
    const std::clock_t start = std::clock();
    const Resolved resolved = resolve(loaded.documents, tests::today());
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    CHECK(resolved.fleet.pools.size() == 2000);
    CHECK(resolved.diagnostics.size() == 4000);
    CHECK(seconds < 10);  // a fraction of a second where nothing is instrumented
}
