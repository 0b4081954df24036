// Where a pool's values come from: the entry, its profile, the pool, the site, the default; and what null
// clears.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tests/unit/kinds/fleets.h"

using namespace edgecert;
using edgecert::tests::only_pool;
using edgecert::tests::resolve_text;
using edgecert::tests::with_pool;

namespace {

const std::string profile = R"(---
apiVersion: edgecert/v1
kind: CertificateProfile
metadata: {name: internal}
spec:
  roles: [internal]
  friendlyName: From profile
  subject: {organization: Profile, locality: Profile}
)";

CertificateSpec only_certificate(const std::string& text) {
    const Pool pool = only_pool(resolve_text(text));
    REQUIRE(pool.certificates.size() == 1);
    return pool.certificates.front();
}

}  // namespace

TEST_CASE("what nobody says has its default") {
    const Pool pool = only_pool(resolve_text(with_pool()));
    CHECK(pool.max_unavailable == 1);
    CHECK(pool.retire_after == std::chrono::days{7});
    CHECK(pool.request_on == "edge01");
    CHECK(pool.authorities == std::vector<std::string>{"contoso"});
    CHECK(pool.servers.front().pfx == x509::PfxProfile::modern);
    const CertificateSpec& spec = pool.certificates.front();
    CHECK(spec.template_name == "WebServer");
    CHECK(spec.digest == "sha256");
    CHECK(spec.validity == std::chrono::days{825});
    CHECK(spec.renewal.fraction == 3300);
    CHECK(spec.requirement.key == x509::KeyKind{x509::KeyAlgorithm::rsa, 2048});
    CHECK(spec.requirement.extended_key_usage == TextSet{"serverAuth"});
    CHECK(spec.requirement.names == x509::Names{});
    CHECK(spec.exportable);
    CHECK_FALSE(spec.reuse_key);
}

TEST_CASE("host names are folded wherever they come from, so letter case never changes a requirement") {
    const Pool pool = only_pool(resolve_text(
        with_pool("  certificates: [{name: internal, roles: [internal], names: [SIP.Contoso.com., "
                  "\"${pool.fqdn}\", bücher.example, \"2001:DB8:0::7\"]}]\n")));
    CHECK(pool.fqdn == "edge-int.ams.contoso.net");
    const Requirement& requirement = pool.certificates.front().requirement;
    CHECK(requirement.subject.common_name == "edge-int.ams.contoso.net");
    CHECK(requirement.names.dns ==
          TextSet{"sip.contoso.com", "edge-int.ams.contoso.net", "xn--bcher-kva.example"});
    CHECK(requirement.names.ip == TextSet{"2001:db8::7"});
    CHECK(requirement.subject.country == "NL");
}

TEST_CASE("a certificate's fields come from its entry, else its profile, else the pool, else the site") {
    const std::string entry = "{name: internal, friendlyName: From entry, subject: {locality: Entry}}";
    const CertificateSpec spec = only_certificate(
        with_pool("  subject: {organization: Pool, state: Pool}\n  certificates: [" + entry + "]\n") +
        profile);
    CHECK(spec.friendly_name == "From entry");
    CHECK(spec.roles == std::vector<SharedText>{"internal"});
    CHECK(spec.requirement.subject.locality == "Entry");
    CHECK(spec.requirement.subject.organization == "Profile");
    CHECK(spec.requirement.subject.state == "Pool");
    CHECK(spec.requirement.subject.organizational_unit == "UC");
}

TEST_CASE("null clears one inherited value and leaves the others") {
    const std::string entry = "{name: internal, friendlyName: null, subject: {organization: null}}";
    const CertificateSpec spec = only_certificate(with_pool("  certificates: [" + entry + "]\n") + profile);
    CHECK(spec.friendly_name.empty());
    CHECK(spec.requirement.subject.organization.empty());
    CHECK(spec.requirement.subject.locality == "Profile");
    CHECK(spec.requirement.subject.organizational_unit == "UC");
    const CertificateSpec bare =
        only_certificate(with_pool("  certificates: [{name: internal, subject: null}]\n") + profile);
    CHECK(bare.requirement.subject == x509::Subject{"edge-int.ams.contoso.net", "", "", "", "", "", {}});
}

TEST_CASE("lists and the store replace what is inherited as a whole") {
    std::string text = with_pool("  trust: []\n  certificates: [{name: own, roles: [own]}]\n");
    const std::string site_store = "  store: {directory: \"stores/${pool.name}/${server.name}\"}\n";
    text.replace(text.find(site_store),
                 site_store.size(),
                 site_store + "  trust: [contoso]\n  certificates: [{name: internal, roles: [internal]}]\n");
    const std::string first = "{name: edge01, fqdn: edge01.ams.contoso.net";
    text.replace(
        text.find(first), first.size(), first + ", store: {command: [ssh, \"${server.fqdn}\", ./node]}");
    const Pool pool = only_pool(resolve_text(text));
    REQUIRE(pool.certificates.size() == 1);
    CHECK(pool.certificates.front().name == "own");
    CHECK(pool.servers[0].store.directory.empty());
    CHECK(pool.servers[0].store.command ==
          std::vector<std::string>{"ssh", "edge01.ams.contoso.net", "./node"});
    CHECK(pool.servers[1].store.directory == "/manifests/stores/ams-edge/edge02");
}

TEST_CASE("rollout and retire merge by key") {
    std::string text = with_pool("  rollout: {maxUnavailable: 3}\n  retire: {}\n");
    text.replace(
        text.find("  authority: contoso\n"), 0, "  retire: {after: 2d}\n  rollout: {maxUnavailable: 2}\n");
    const Pool pool = only_pool(resolve_text(text));
    CHECK(pool.max_unavailable == 3);
    CHECK(pool.retire_after == std::chrono::days{2});
    const std::string retire = "  retire: {}\n";
    text.replace(text.find(retire), retire.size(), "  retire: null\n");
    CHECK(only_pool(resolve_text(text)).retire_after == std::chrono::days{7});
}

TEST_CASE("vars merge by key from the server, the pool and the site") {
    std::string text = with_pool(
        "  vars: {shared: from-pool, own: \"${pool.name}.x\"}\n"
        "  certificates: [{name: internal, roles: [internal], names: "
        "[\"${pool.vars.shared}.${site.vars.shared}.net\", "
        "\"${pool.vars.own}\", \"${pool.vars.domain}\"],\n"
        "    verify: [{tls: {host: \"${server.vars.shared}\", port: 5061, serverName: \"${server.name}\", "
        "from: server}}]}]\n");
    const std::string second = "{name: edge02, fqdn: edge02.ams.contoso.net";
    text.replace(text.find(second), second.size(), second + ", vars: {shared: from-server}");
    const Pool pool = only_pool(resolve_text(text));
    const CertificateSpec& spec = pool.certificates.front();
    CHECK(spec.requirement.names.dns == TextSet{"from-pool.from-site.net", "ams-edge.x", "contoso.com"});
    REQUIRE(spec.verify.size() == 2);
    CHECK(spec.verify[0].server == "edge01");
    CHECK(spec.verify[0].order.host == "from-pool");
    CHECK(spec.verify[0].order.port == 5061);
    CHECK(spec.verify[0].order.server_name == "edge01");
    CHECK(spec.verify[0].from_server);
    CHECK(spec.verify[1].server == "edge02");
    CHECK(spec.verify[1].order.host == "from-server");
}

TEST_CASE("every field that was written knows where") {
    const std::string text = with_pool(
                                 "  certificates:\n    - {name: internal, authority: contoso, names: "
                                 "[a.net], issuedAfter: 2026-01-01}\n") +
                             profile;
    const CertificateSpec spec = only_certificate(text);
    CHECK(tests::place(spec.where) == "31:14");
    CHECK(tests::place(*where_said(spec, "authority")) == "31:35");
    CHECK(tests::place(*where_said(spec, "names")) == "31:51");
    CHECK(tests::place(*where_said(spec, "issuedAfter")) == "31:73");
    CHECK(tests::place(*where_said(spec, "roles")) == "37:10");
    CHECK(tests::place(*where_said(spec, "subject")) == "39:3");
    CHECK(where_said(spec, "subject.organizationalUnit")->line == 15);
    CHECK(where_said(spec, "template")->line == 17);
    CHECK(where_said(spec, "exportable")->line == 9);
    CHECK(where_said(spec, "renewal") == nullptr);
    CHECK(where_said(spec, "subject.commonName") == nullptr);
}

TEST_CASE("a name is said by the line that holds it, and a store by whoever declares it") {
    const std::string text =
        with_pool("  certificates:\n    - {name: internal, roles: [internal], sans: [edge]}\n") +
        "---\napiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: edge}\nspec:\n"
        "  dns: [b.net,\n    a.net]\n  include: [more]\n"
        "---\napiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: more}\nspec:\n"
        "  dns: [c.net]\n  ip: [192.0.2.1]\n";
    const auto line_of = [&text](const std::string& part) {
        return static_cast<std::uint32_t>(
            1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find(part)), '\n'));
    };
    const Pool pool = only_pool(resolve_text(text));
    const CertificateSpec& spec = pool.certificates.front();
    CHECK(where_said(spec, "names")->line == line_of("dns: [b.net"));
    CHECK(where_said(spec, "sans")->line == line_of("sans: [edge]"));
    for (const char* name : {"a.net", "b.net", "c.net", "192.0.2.1"}) {
        CAPTURE(name);
        REQUIRE(where_named(spec, name) != nullptr);
        CHECK(where_named(spec, name)->line == line_of(name));
    }
    CHECK(where_named(spec, "d.net") == nullptr);
    for (const ServerSpec& server : pool.servers) {
        REQUIRE(where_said(server.said, "store") != nullptr);
        CHECK(where_said(server.said, "store")->line == line_of("store:"));
        CHECK(where_said(server.said, "store")->line != server.where.line);
    }
}

TEST_CASE(
    "an absent server leaves the lists of servers, the verification and the choice of who makes requests") {
    std::string text = with_pool(
        "  certificates: [{name: internal, roles: [internal], names: [\"${servers.fqdn}\", "
        "\"sip-${servers.name}.net\"], "
        "verify: [{tls: {host: \"${server.fqdn}\", port: 1}}]}]\n");
    const std::string first = "{name: edge01, fqdn: edge01.ams.contoso.net";
    text.replace(text.find(first), first.size(), first + ", absent: true");
    const Pool pool = only_pool(resolve_text(text));
    REQUIRE(pool.servers.size() == 2);
    CHECK(pool.servers[0].absent);
    CHECK(pool.request_on == "edge02");
    CHECK(pool.certificates.front().requirement.names.dns ==
          TextSet{"edge02.ams.contoso.net", "sip-edge02.net"});
    CHECK(pool.certificates.front().verify.size() == 1);
}

TEST_CASE("a request machine outside the pool comes last, and several pools may share it") {
    const std::string machine =
        "  requestOn: {name: fe01, store: {directory: /srv/fe01}}\n  certificates: [{name: internal, roles: "
        "[internal]}]\n";
    const std::string second =
        "---\napiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: rtm-edge}\nspec:\n  site: amsterdam\n"
        "  fqdn: edge.rtm.net\n  servers: [{name: edge01, fqdn: edge01.rtm.net}]\n";
    const Resolved resolved = resolve_text(with_pool(machine) + second + machine);
    CHECK(tests::codes(resolved).empty());
    for (const Pool& pool : resolved.fleet.pools) {
        CHECK(pool.request_on == "fe01");
        CHECK(pool.servers.back().outside);
        CHECK(pool.servers.back().store.directory == "/srv/fe01");
        CHECK_FALSE(pool.servers.front().outside);
    }
}
