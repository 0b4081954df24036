// A store's observation from JSON, whose other side may have written anything.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/observation.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t entry_limit = 100'000;
constexpr std::size_t chain_limit = 64;
constexpr std::size_t rejection_limit = 1024;
constexpr const char* bad_observation = "bad-observation";

TrustEntry trust_from_json(const Json& json, const ReadCertificate& read) {
    JsonFields fields(json, bad_observation, "a trusted certificate");
    TrustEntry entry;
    entry.certificate = read(fields.at("certificate"));
    const std::string kind = fields.text("kind", 16);
    if (!entry.certificate || (kind != "root" && kind != "intermediate")) {
        fields.fail("certificate or kind", "is none");
    }
    entry.id = entry.certificate->sha256;
    entry.kind = kind == "root" ? TrustKind::root : TrustKind::intermediate;
    entry.owned = fields.flag("owned");
    entry.authority = fields.text("authority", 256);
    entry.pool = fields.text("pool", 256);
    fields.finish();
    return entry;
}

PersonalEntry personal_from_json(const Json& json, const ReadCertificate& read) {
    JsonFields fields(json, bad_observation, "a personal certificate");
    PersonalEntry entry;
    entry.certificate = read(fields.at("certificate"));
    const auto key = parse_key_state(fields.text("key", 16));
    if (!entry.certificate || !key) {
        fields.fail("certificate or key", "is none");
    }
    entry.id = entry.certificate->sha256;
    entry.chain = certificates_from_json(fields.list("chain", chain_limit), read);
    entry.key = *key;
    entry.exportable = fields.flag("exportable");
    entry.friendly_name = fields.text("friendlyName");
    entry.owned = fields.flag("owned");
    entry.pool = fields.text("pool", 256);
    entry.name = fields.text("name", 256);
    entry.requirement = fields.text("requirement", 128);
    entry.issuance = fields.text("issuance", 128);
    entry.submitted = fields.optional_instant("submitted");
    entry.superseded = fields.optional_instant("superseded");
    fields.finish();
    return entry;
}

RoleRecord role_from_json(const Json& json) {
    JsonFields fields(json, bad_observation, "a role");
    RoleRecord role;
    role.role = fields.text("role", 64);
    if (!is_name(role.role)) {
        fields.fail("role", "is no name");
    }
    role.assigned = fields.hash("assigned");
    role.dangling = fields.flag("dangling");
    role.previous = fields.hash("previous");
    role.activated = fields.hash("activated");
    role.verified = fields.hash("verified");
    role.verified_checks = fields.text("verifiedChecks", 128);
    for (const Json& rejection : fields.list("rejected", rejection_limit)) {
        role.rejected.push_back(rejection_from_json(rejection, bad_observation));
    }
    role.owned = fields.flag("owned");
    role.pool = fields.text("pool", 256);
    fields.finish();
    return role;
}

Finding finding_from_json(const Json& json) {
    JsonFields fields(json, bad_observation, "a finding");
    Finding finding{
        .path = fields.text("path"), .code = fields.text("code", 64), .text = fields.text("text")};
    fields.finish();
    return finding;
}

// What is written beside the entries, checked against the name it goes by: a far side cannot pass one
// certificate off as another.
std::map<std::string, x509::CertificateRef> read_certificates(const Json& json,
                                                              x509::CertificateCache& cache) {
    if (!json.is_object() || json.size() > entry_limit) {
        throw Error(bad_observation, "the certificates are no object, or too many");
    }
    std::map<std::string, x509::CertificateRef> certificates;
    for (const auto& item : json.items()) {
        const Json& value = item.value();
        const auto der = value.is_string() ? from_base64(value.get_ref<const std::string&>()) : std::nullopt;
        if (!der || x509::sha256(*der) != item.key()) {
            throw Error(bad_observation,
                        "a certificate is not what its name says: " + printable(item.key(), 64));
        }
        certificates[item.key()] = cache.parse(*der);
    }
    return certificates;
}

template <typename Entry, typename Key>
void sort_once_each(std::vector<Entry>& entries, Key key, const char* what) {
    std::sort(
        entries.begin(), entries.end(), [&key](const Entry& a, const Entry& b) { return key(a) < key(b); });
    const auto twice = std::adjacent_find(
        entries.begin(), entries.end(), [&key](const Entry& a, const Entry& b) { return key(a) == key(b); });
    if (twice != entries.end()) {
        throw Error(bad_observation, std::string(what) + " is in there twice");
    }
}

// Equal stores are equal values, whatever order the other side wrote them in.
void put_in_order(StoreObservation& seen) {
    sort_once_each(
        seen.trust,
        [](const TrustEntry& entry) { return std::tie(entry.kind, entry.id); },
        "a trusted certificate");
    sort_once_each(
        seen.personal,
        [](const PersonalEntry& entry) { return std::tie(entry.id); },
        "a personal certificate");
    sort_once_each(
        seen.requests,
        [](const RequestEntry& entry) { return std::tie(entry.pool, entry.name, entry.spki); },
        "a request");
    sort_once_each(
        seen.roles, [](const RoleRecord& role) { return std::tie(role.role); }, "a role");
    std::sort(seen.findings.begin(), seen.findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.path, a.code, a.text) < std::tie(b.path, b.code, b.text);
    });
}

StoreObservation read_observation(const Json& json, x509::CertificateCache& cache) {
    JsonFields fields(json, bad_observation, "an observation of a store");
    const auto certificates = read_certificates(fields.at("certificates"), cache);
    const ReadCertificate read = [&certificates, &cache](const Json& name) -> x509::CertificateRef {
        if (name.is_null()) {
            return nullptr;
        }
        const std::string sha256 = name.is_string() ? name.get<std::string>() : std::string();
        const auto found = certificates.find(sha256);
        auto certificate = found != certificates.end() ? found->second : cache.find(sha256);
        if (!certificate) {
            throw Error(bad_observation,
                        "a certificate is named that is not there: " + printable(sha256, 64));
        }
        return certificate;
    };
    StoreObservation seen;
    seen.exists = fields.flag("exists");
    seen.store_id = fields.text("storeId", 64);
    seen.kind = fields.text("kind", 32);
    seen.activates = fields.flag("activates");
    seen.clock = fields.optional_instant("clock");
    for (const Json& entry : fields.list("trust", entry_limit)) {
        seen.trust.push_back(trust_from_json(entry, read));
    }
    for (const Json& entry : fields.list("personal", entry_limit)) {
        seen.personal.push_back(personal_from_json(entry, read));
    }
    for (const Json& entry : fields.list("requests", entry_limit)) {
        seen.requests.push_back(request_from_json(entry, bad_observation, read));
    }
    for (const Json& entry : fields.list("roles", entry_limit)) {
        seen.roles.push_back(role_from_json(entry));
    }
    for (const Json& entry : fields.list("findings", entry_limit)) {
        seen.findings.push_back(finding_from_json(entry));
    }
    fields.finish();
    put_in_order(seen);
    share_texts(seen, cache.texts());
    return seen;
}

}  // namespace

StoreObservation store_observation_from_json(const Json& json, x509::CertificateCache& cache) {
    try {
        return read_observation(json, cache);
    } catch (const Error& error) {
        if (error.diagnostic().code == bad_observation) {
            throw;
        }
        throw Error(bad_observation, error.diagnostic().text);  // a certificate that is none
    }
}

}  // namespace edgecert
