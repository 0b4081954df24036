// The desired pool: what resolve() makes of the manifests, everything substituted, inherited and defaulted.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/shared_text.h"
#include "engine/text/text_set.h"
#include "resources/authorities/authority.h"
#include "resources/stores/store.h"

namespace edgecert {

// What the certificate must be. Friendly name, renewal, validity, digest and exportability are not part of
// it.
struct Requirement {
    x509::Subject subject{};
    x509::Names names{};  // declared ones; the CN's own entry among them only if declared
    x509::KeyKind key{};
    SharedTextSet extended_key_usage{};
    SharedText authority{};
    bool operator==(const Requirement&) const = default;
};
[[nodiscard]] std::string digest(const Requirement& requirement);  // 64 hex

// Before the end of the lifetime: a fraction of it (in 1/10000) or a span.
struct Renewal {
    int fraction{3300};
    std::optional<Seconds> before{};
    bool operator==(const Renewal&) const = default;
};

struct Verification {
    std::string server{};
    HandshakeOrder order{};
    bool from_server{};
    bool operator==(const Verification&) const = default;
};

struct FieldSource {
    std::string_view name{};  // a literal
    Source where{};
    bool operator==(const FieldSource&) const = default;
};
// Where fields of a certificate were said. What its profile, its site and its template say is the same for
// many pools, and kept once.
struct FieldSources {
    std::vector<FieldSource> own{};  // in the pool's document
    std::shared_ptr<const std::vector<FieldSource>> inherited{};
    std::vector<Source> names{};  // of each of the requirement's names, DNS first; or empty
    // By what they say: the same manifests loaded twice share nothing.
    bool operator==(const FieldSources& other) const;
};

struct CertificateSpec {
    std::string name{};
    std::vector<SharedText> roles{};  // sorted
    std::string friendly_name{};
    Requirement requirement{};
    SharedText template_name{};   // the CA's own
    SharedText digest{"sha256"};  // floor
    bool exportable{};
    bool reuse_key{};
    Seconds validity{};
    std::optional<Seconds> minimum_validity{};
    Renewal renewal{};
    std::optional<Instant> issued_after{};
    std::vector<Verification> verify{};  // one entry a server and check
    Source where{};                      // of the certificate's entry in the pool
    FieldSources fields{};
    bool operator==(const CertificateSpec&) const = default;
};
// subject, names, key, extendedKeyUsage, authority, friendlyName, issuedAfter, roles, …; null: a default.
[[nodiscard]] const Source* where_said(const CertificateSpec& spec, std::string_view field);
[[nodiscard]] const Source* where_said(const std::vector<FieldSource>& said, std::string_view field);
// The line of a SanList, or of the certificate itself, that holds the name; null: nobody knows.
[[nodiscard]] const Source* where_named(const CertificateSpec& spec, std::string_view name);

struct ServerSpec {
    std::string name{};
    std::string fqdn{};
    StoreSpec store{};
    x509::PfxProfile pfx{x509::PfxProfile::modern};
    bool maintenance{};
    bool absent{};
    bool outside{};  // the request machine outside the pool: gets the trust, stays outside the barrier
    Source where{};
    std::vector<FieldSource> said{};  // store, pfx, maintenance, absent, as far as somebody wrote them
    bool operator==(const ServerSpec&) const = default;
};

struct Pool {
    std::string name{};
    std::string site{};
    std::string fqdn{};
    std::vector<ServerSpec> servers{};            // in declared order, the outside request machine last
    std::string request_on{};                     // a server's name
    std::vector<CertificateSpec> certificates{};  // in declared order
    std::vector<std::string> authorities{};  // names whose chains are trusted: certificates' authorities and
                                             // the site's trust, sorted, once each
    int max_unavailable{1};
    Seconds retire_after{std::chrono::days{7}};
    Source where{};
    std::vector<FieldSource> said{};  // requestOn, rollout.maxUnavailable, retire.after, likewise
    bool operator==(const Pool&) const = default;
};

struct Fleet {
    std::vector<AuthoritySpec> authorities{};  // sorted by name
    std::vector<Pool> pools{};                 // sorted by name
    std::map<std::string, Source> sites{};
    // Like pools, or empty: digests of all that each was made from. A pool of the same name and origin, of
    // manifests loaded in one process, is the same pool.
    std::vector<std::string> origins{};
};
[[nodiscard]] std::shared_ptr<const std::set<std::string>> names_of_pools(const Fleet& fleet);
// For the plan's id: everything desired, without places in files. `pools`: each one's, in their order.
[[nodiscard]] std::string requirements_digest(const Fleet& fleet);
[[nodiscard]] std::string requirements_digest(const Fleet& fleet, const std::vector<std::string_view>& pools);
[[nodiscard]] std::string requirements_digest(const Pool& pool);

// Names of the units that somebody asked for.
struct FleetPart {
    std::set<std::string> authorities{};
    std::set<std::string> pools{};
};

}  // namespace edgecert
