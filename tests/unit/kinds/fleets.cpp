// Manifests in memory, for tests of the resolution.
#include "tests/unit/kinds/fleets.h"

#include <doctest/doctest.h>

#include <chrono>

#include "engine/manifest/load.h"

namespace edgecert::tests {

Instant today() {
    using namespace std::chrono_literals;
    return std::chrono::sys_days{2026y / 11 / 1} + 12h;
}

Resolved resolve_text(const std::string& text, Instant now) {
    const Loaded loaded = load_bytes("/manifests/fleet.yaml", text);
    REQUIRE(loaded.diagnostics.empty());
    return resolve(loaded.documents, now);
}

std::vector<std::string> codes(const Resolved& resolved) {
    std::vector<std::string> found;
    for (const Diagnostic& diagnostic : resolved.diagnostics) {
        found.push_back(diagnostic.code + " " + std::to_string(diagnostic.where.line) + ":" +
                        std::to_string(diagnostic.where.column));
    }
    return found;
}

std::string place(const Source& source) {
    return std::to_string(source.line) + ":" + std::to_string(source.column);
}

std::string base() {
    return R"(apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: contoso}
spec: {local: {directory: /var/lib/contoso-ca, subject: {commonName: Contoso Issuing CA}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web-server}
spec: {key: {exportable: true}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: amsterdam}
spec:
  subject: {organization: Contoso, organizationalUnit: UC, country: nl}
  authority: contoso
  template: web-server
  vars: {domain: contoso.com, shared: from-site}
  store: {directory: "stores/${pool.name}/${server.name}"}
---
)";
}

std::string with_pool(const std::string& more) {
    return base() + R"(apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: ams-edge}
spec:
  site: amsterdam
  fqdn: Edge-Int.ams.contoso.net
  servers:
    - {name: edge01, fqdn: edge01.ams.contoso.net}
    - {name: edge02, fqdn: edge02.ams.contoso.net}
)" + more;
}

Pool only_pool(const Resolved& resolved) {
    for (const Diagnostic& diagnostic : resolved.diagnostics) {
        INFO(render(diagnostic));
        REQUIRE(diagnostic.severity == Severity::warning);
    }
    REQUIRE(resolved.fleet.pools.size() == 1);
    return resolved.fleet.pools.front();
}

}  // namespace edgecert::tests
