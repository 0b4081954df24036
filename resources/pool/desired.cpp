// Digests of what is desired: of one certificate's requirement, and of a whole fleet's.
#include "resources/pool/desired.h"

#include <algorithm>
#include <cstdint>

#include "engine/text/digest.h"

namespace edgecert {

namespace {

// Lists go in with their length, so that no two lists end up as one sequence of fields.
template <class Texts>
void add_texts(Digest& digest, const Texts& texts) {
    digest.number(static_cast<std::int64_t>(texts.size()));
    for (const std::string_view text : texts) {
        digest.field(text);
    }
}

void add_subject(Digest& digest, const x509::Subject& subject) {
    digest.field(subject.common_name).field(subject.organization).field(subject.organizational_unit);
    digest.field(subject.locality).field(subject.state).field(subject.country);
    add_texts(digest, subject.other);
}

void add_key(Digest& digest, const x509::KeyKind& key) {
    digest.number(static_cast<std::int64_t>(key.algorithm)).number(key.bits);
}

template <class T>
void add_optional(Digest& digest, const std::optional<T>& value, std::int64_t count) {
    digest.number(value ? 1 : 0).number(value ? count : 0);
}

void add_certificate(Digest& digest, const CertificateSpec& spec) {
    digest.field(spec.name);
    add_texts(digest, spec.roles);
    digest.field(spec.friendly_name)
        .field(edgecert::digest(spec.requirement))
        .field(spec.template_name)
        .field(spec.digest);
    digest.number(spec.exportable ? 1 : 0).number(spec.reuse_key ? 1 : 0).number(spec.validity.count());
    add_optional(digest, spec.minimum_validity, spec.minimum_validity.value_or(Seconds{}).count());
    digest.number(spec.renewal.fraction);
    add_optional(digest, spec.renewal.before, spec.renewal.before.value_or(Seconds{}).count());
    add_optional(digest, spec.issued_after, spec.issued_after.value_or(Instant{}).time_since_epoch().count());
    digest.number(static_cast<std::int64_t>(spec.verify.size()));
    for (const Verification& check : spec.verify) {
        digest.field(check.server)
            .field(check.order.host)
            .number(check.order.port)
            .field(check.order.server_name);
        digest.number(check.from_server ? 1 : 0);
    }
}

void add_server(Digest& digest, const ServerSpec& server) {
    digest.field(server.name).field(server.fqdn);
    add_texts(digest, server.store.command);
    add_texts(digest, server.store.activate);
    digest.field(server.store.key_group).number(static_cast<std::int64_t>(server.pfx));
    digest.number(server.maintenance ? 1 : 0).number(server.absent ? 1 : 0).number(server.outside ? 1 : 0);
}

void add_pool(Digest& digest, const Pool& pool) {
    digest.field(pool.name).field(pool.site).field(pool.fqdn).field(pool.request_on);
    digest.number(static_cast<std::int64_t>(pool.servers.size()));
    for (const ServerSpec& server : pool.servers) {
        add_server(digest, server);
    }
    digest.number(static_cast<std::int64_t>(pool.certificates.size()));
    for (const CertificateSpec& certificate : pool.certificates) {
        add_certificate(digest, certificate);
    }
    add_texts(digest, pool.authorities);
    digest.number(pool.max_unavailable).number(pool.retire_after.count());
}

void add_authority(Digest& digest, const AuthoritySpec& authority) {
    digest.field(authority.name)
        .field(authority.declaration)
        .number(static_cast<std::int64_t>(authority.kind.index()));
    if (const auto* local = std::get_if<LocalAuthority>(&authority.kind)) {
        add_subject(digest, local->subject);
        add_key(digest, local->key);
        digest.number(local->validity.count()).field(local->distribution_point).field(local->issuer_url);
    } else if (const auto* command = std::get_if<CommandAuthority>(&authority.kind)) {
        add_texts(digest, command->command);
    } else if (const auto* adcs = std::get_if<AdcsAuthority>(&authority.kind)) {
        digest.field(adcs->url).field(adcs->method).field(adcs->username);
        digest.number(
            static_cast<std::int64_t>(adcs->password.kind));  // where the secret is kept; never what it is
        add_texts(digest, adcs->password.value);
        digest.number(adcs->concurrent);
    }
    add_texts(digest, authority.roots);
    digest.number(authority.match.subject_common_name_only ? 1 : 0);
    digest.number(authority.match.names_superset ? 1 : 0).number(authority.match.usages_superset ? 1 : 0);
    digest.number(authority.is_public ? 1 : 0);
}

}  // namespace

bool FieldSources::operator==(const FieldSources& other) const {
    static const std::vector<FieldSource> none;
    const auto said = [](const FieldSources& sources) -> const std::vector<FieldSource>& {
        return sources.inherited ? *sources.inherited : none;
    };
    return own == other.own && names == other.names &&
           (inherited == other.inherited || said(*this) == said(other));
}

const Source* where_said(const CertificateSpec& spec, std::string_view field) {
    for (const auto* said : {&spec.fields.own, spec.fields.inherited.get()}) {
        if (said == nullptr) {
            continue;
        }
        if (const Source* where = where_said(*said, field)) {
            return where;
        }
    }
    return nullptr;
}

const Source* where_said(const std::vector<FieldSource>& said, std::string_view field) {
    const auto found = std::find_if(
        said.begin(), said.end(), [&](const FieldSource& source) { return source.name == field; });
    return found == said.end() ? nullptr : &found->where;
}

const Source* where_named(const CertificateSpec& spec, std::string_view name) {
    const auto& sources = spec.fields.names;
    std::size_t at = 0;
    for (const TextSet* names : {&spec.requirement.names.dns, &spec.requirement.names.ip}) {
        for (const std::string& known : *names) {
            if (known == name) {
                return at < sources.size() ? &sources[at] : nullptr;
            }
            ++at;
        }
    }
    return nullptr;
}

std::string digest(const Requirement& requirement) {
    Digest digest("edgecert.requirement/1");
    add_subject(digest, requirement.subject);
    add_texts(digest, requirement.names.dns);
    add_texts(digest, requirement.names.ip);
    add_key(digest, requirement.key);
    add_texts(digest, requirement.extended_key_usage);
    digest.field(requirement.authority);
    return digest.hex();
}

std::shared_ptr<const std::set<std::string>> names_of_pools(const Fleet& fleet) {
    std::set<std::string> names;
    for (const auto& pool : fleet.pools) {
        names.insert(pool.name);
    }
    return std::make_shared<const std::set<std::string>>(std::move(names));
}

// Folders are left out: the same manifests in another checkout mean the same (I8).
std::string requirements_digest(const Pool& pool) {
    Digest digest("edgecert.pool/1");
    add_pool(digest, pool);
    return digest.hex();
}

std::string requirements_digest(const Fleet& fleet, const std::vector<std::string_view>& pools) {
    Digest digest("edgecert.fleet/1");
    digest.number(static_cast<std::int64_t>(fleet.authorities.size()));
    for (const AuthoritySpec& authority : fleet.authorities) {
        add_authority(digest, authority);
    }
    add_texts(digest, pools);
    digest.number(static_cast<std::int64_t>(fleet.sites.size()));
    for (const auto& [name, where] : fleet.sites) {
        digest.field(name);
    }
    return digest.hex();
}

std::string requirements_digest(const Fleet& fleet) {
    std::vector<std::string> digests;
    digests.reserve(fleet.pools.size());
    for (const Pool& pool : fleet.pools) {
        digests.push_back(requirements_digest(pool));
    }
    return requirements_digest(fleet, {digests.begin(), digests.end()});
}

}  // namespace edgecert
