// A pool's certificate from its entry, its profile, the pool, the site and its template.
#include <algorithm>
#include <optional>

#include "resources/kinds/certificate_resolver.h"
#include "resources/x509/name.h"

namespace edgecert {

CertificateResolver::CertificateResolver(Resolution& resolution,
                                         const PoolLevels& levels,
                                         const CertificateEntry& entry,
                                         ResolvedPool& into)
    : resolution_(resolution), levels_(levels), entry_(entry), into_(into), scope_(levels.scope) {
    const auto found = resolution.declared.profiles.find(entry.name.value);
    if (found != resolution.declared.profiles.end()) {
        profile_ = &found->second.spec.value;
        profile_broken_ = found->second.spec.state != Field<ProfileFields>::State::present;
    } else if (!entry.in_place) {
        profile_broken_ = true;  // refers to nothing, which was said
    }
    scope_.servers = &levels.servers;
    place_.where = entry.name.place;
}

void CertificateResolver::make() {
    spec_.name = entry_.name.value;
    spec_.where = to_source(entry_.name.place);
    if (profile_broken_ && !entry_.in_place) {
        return;
    }
    take_roles();
    spec_.friendly_name = optional_text(said(&CertificateFields::friendly_name), "friendlyName");
    take_authority();
    take_template();
    take_names();
    take_subject();
    const auto& issued_after = said(&CertificateFields::issued_after);
    if (issued_after.present()) {
        spec_.issued_after = issued_after.value;
        note("issuedAfter", issued_after.place);
    }
    take_checks();
    warn_about_names();
    check_duplicates();
    spec_.fields = {std::vector(own_), resolution_.share(entry_.name.value, inherited_), {}};
    spec_.fields.names.reserve(place_.names.size());
    for (const Place& place : place_.names) {
        spec_.fields.names.push_back(to_source(place));
    }
    spec_.requirement.names.dns.shrink_to_fit();  // of both there are as many as certificates in a fleet
    place_.names.shrink_to_fit();
    into_.pool.certificates.push_back(std::move(spec_));
    into_.certificates.push_back(std::move(place_));
}

void CertificateResolver::note(std::string_view name, const Place& place) {
    const auto same = [name](const FieldSource& said) { return said.name == name; };
    const bool known = std::any_of(own_.begin(), own_.end(), same) ||
                       std::any_of(inherited_.begin(), inherited_.end(), same);
    if (place.document != nullptr && !known) {
        auto& said = place.document == into_.where.document ? own_ : inherited_;
        said.push_back({name, to_source(place)});
    }
}

std::string CertificateResolver::optional_text(const Field<std::string_view>& field, std::string_view name) {
    if (!field.present()) {
        return {};
    }
    note(name, field.place);
    return expand({field.value, field.place}, scope_, resolution_.findings).value_or("");
}

void CertificateResolver::take_roles() {
    const auto& roles = said(&CertificateFields::roles);
    note("roles", roles.place);
    if (roles.absent() && !profile_broken_) {
        resolution_.findings.error("missing-role",
                                   entry_.name.place,
                                   "the certificate " + ticked(spec_.name) + " serves no role",
                                   "say roles: [internal], or whichever it is for");
    }
    for (const Text& role : roles.value) {
        spec_.roles.push_back(resolution_.texts.of(role.value));
        for (const CertificateSpec& other : into_.pool.certificates) {
            if (std::binary_search(other.roles.begin(), other.roles.end(), role.value)) {
                resolution_.findings.error("duplicate-role",
                                           role.place,
                                           "the role " + ticked(role.value) +
                                               " is served by the certificate " + ticked(other.name) +
                                               " already",
                                           "a role has one certificate in a pool",
                                           levels_.scope.about);
            }
        }
    }
    std::sort(spec_.roles.begin(), spec_.roles.end());
    spec_.roles.erase(std::unique(spec_.roles.begin(), spec_.roles.end()),
                      spec_.roles.end());  // twice: said where read
}

void CertificateResolver::take_authority() {
    const auto& name = said(&CertificateFields::authority, &PoolDefaults::authority);
    note("authority", name.place);
    if (name.absent() && levels_.site != nullptr && !profile_broken_) {
        resolution_.findings.error(
            "missing-authority",
            entry_.name.place,
            "nothing says which authority issues the certificate " + ticked(spec_.name),
            "say `authority` here, in its profile, its pool or its site",
            levels_.scope.about);
    }
    spec_.requirement.authority = resolution_.texts.of(name.value);
    const auto found = resolution_.declared.authorities.find(name.value);
    if (found == resolution_.declared.authorities.end() || found->second.spec.broken()) {
        return;
    }
    authority_ = &found->second.spec.value;
    if (authority_->chain_only()) {
        resolution_.findings.error("authority-cannot-issue",
                                   name.place,
                                   ticked(name.value) + " has a chain and nothing that could issue",
                                   "it needs one of local, offline, command and adcs",
                                   levels_.scope.about);
    }
}

void CertificateResolver::take_checks() {
    const auto& checks = said(&CertificateFields::verify);
    note("verify", checks.place);
    for (const TlsCheck& check : checks.value) {
        for (const ServerScope& server : levels_.servers) {
            Scope scope = levels_.scope;
            scope.server = &server;
            const auto host = expand({check.host.value, check.host.place}, scope, resolution_.findings);
            const Field<std::string_view>& name =
                check.server_name.present() ? check.server_name : check.host;
            const auto server_name = expand({name.value, name.place}, scope, resolution_.findings);
            if (host && server_name) {
                spec_.verify.push_back({std::string(server.name),
                                        {*host, check.port.value, *server_name},
                                        check.from.value == "server"});
            }
        }
    }
}

void CertificateResolver::warn_about_names() {
    constexpr std::size_t many = 100;
    const auto own = x509::fold_host_name(spec_.requirement.subject.common_name);
    const bool added = own && !spec_.requirement.names.dns.contains(*own);  // the request names it too
    const std::size_t count = spec_.requirement.names.size() + (added ? 1 : 0);
    if (count > many) {
        resolution_.warn("many-names",
                         entry_.name.place,
                         "the certificate " + ticked(spec_.name) + " has " + std::to_string(count) +
                             " names, and many CAs stop at 100",
                         "split it by role",
                         levels_.scope.about,
                         {into_.where.document});
    }
}

void CertificateResolver::check_duplicates() {
    for (const CertificateSpec& other : into_.pool.certificates) {
        if (other.name == spec_.name) {
            resolution_.findings.error("duplicate-name",
                                       entry_.name.place,
                                       "a second certificate " + ticked(spec_.name) + " in one pool",
                                       {},
                                       levels_.scope.about);
        }
    }
}

std::vector<NamePlace> claimed_names(const CertificateSpec& spec, const ResolvedPool::Certificate& places) {
    std::vector<NamePlace> claimed;
    claimed.reserve(places.names.size() + 1);
    auto place = places.names.begin();
    for (const TextSet* names : {&spec.requirement.names.dns, &spec.requirement.names.ip}) {
        for (const std::string& name : *names) {
            claimed.push_back({name, *place++});
        }
    }
    const std::string_view own = spec.requirement.subject.common_name;
    const auto is_own = [own](const NamePlace& name) { return name.name == own; };
    if (places.common_name.document != nullptr && std::none_of(claimed.begin(), claimed.end(), is_own)) {
        claimed.push_back({own, places.common_name});
    }
    std::sort(claimed.begin(), claimed.end(), [](const NamePlace& left, const NamePlace& right) {
        return left.name < right.name;
    });
    return claimed;
}

void resolve_certificate(Resolution& resolution,
                         const PoolLevels& levels,
                         const CertificateEntry& entry,
                         ResolvedPool& into) {
    CertificateResolver(resolution, levels, entry, into).make();
}

}  // namespace edgecert
