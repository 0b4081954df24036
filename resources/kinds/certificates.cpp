// A pool's certificate from its entry, its profile, the pool, the site and its template.
#include <algorithm>
#include <set>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

constexpr std::chrono::days default_validity{825};

class CertificateResolver {
public:
    CertificateResolver(Resolution& resolution, const PoolLevels& levels, const CertificateEntry& entry, ResolvedPool& into)
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

    void make() {
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
        into_.pool.certificates.push_back(std::move(spec_));
        into_.certificates.push_back(std::move(place_));
    }

private:
    template <class T>
    const Field<T>& said(Field<T> CertificateFields::*field) const {
        return nearest_said({&(entry_.fields.*field), profile_ == nullptr ? nullptr : &(profile_->*field)});
    }
    // Of what pools and sites say as well.
    template <class T>
    const Field<T>& said(Field<T> CertificateFields::*field, Field<T> PoolDefaults::*defaults) const {
        return nearest_said({&(entry_.fields.*field),
                             profile_ == nullptr ? nullptr : &(profile_->*field),
                             &(levels_.pool.defaults.*defaults),
                             levels_.site == nullptr ? nullptr : &(levels_.site->*defaults)});
    }

    void note(std::string_view name, const Place& place) {
        if (place.document != nullptr) {
            spec_.fields.emplace(name, to_source(place));
        }
    }

    std::string optional_text(const Field<std::string_view>& field, std::string_view name) {
        if (!field.present()) {
            return {};
        }
        note(name, field.place);
        return expand({field.value, field.place}, scope_, resolution_.findings).value_or("");
    }

    void take_roles() {
        const auto& roles = said(&CertificateFields::roles);
        note("roles", roles.place);
        if (roles.absent() && !profile_broken_) {
            resolution_.findings.error("missing-role",
                                       entry_.name.place,
                                       "the certificate " + ticked(spec_.name) + " serves no role",
                                       "say roles: [internal], or whichever it is for");
        }
        for (const Text& role : roles.value) {
            spec_.roles.emplace_back(role.value);
            for (const CertificateSpec& other : into_.pool.certificates) {
                if (std::binary_search(other.roles.begin(), other.roles.end(), role.value)) {
                    resolution_.findings.error("duplicate-role",
                                               role.place,
                                               "the role " + ticked(role.value) + " is served by the certificate " + ticked(other.name) +
                                                   " already",
                                               "a role has one certificate in a pool",
                                               levels_.scope.about);
                }
            }
        }
        std::sort(spec_.roles.begin(), spec_.roles.end());
        spec_.roles.erase(std::unique(spec_.roles.begin(), spec_.roles.end()), spec_.roles.end());  // twice: said where read
    }

    void take_authority() {
        const auto& name = said(&CertificateFields::authority, &PoolDefaults::authority);
        note("authority", name.place);
        if (name.absent() && levels_.site != nullptr && !profile_broken_) {
            resolution_.findings.error("missing-authority",
                                       entry_.name.place,
                                       "nothing says which authority issues the certificate " + ticked(spec_.name),
                                       "say `authority` here, in its profile, its pool or its site",
                                       levels_.scope.about);
        }
        spec_.requirement.authority = name.value;
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

    void take_template() {
        static const TemplateFields defaults{};
        const auto& name = said(&CertificateFields::template_name, &PoolDefaults::template_name);
        note("template", name.place);
        const auto found = resolution_.declared.templates.find(name.value);
        const bool missing = name.present() && found == resolution_.declared.templates.end();
        // Nobody knows what a broken profile or site would have said.
        const bool unsaid = name.absent() && (levels_.site == nullptr || profile_broken_);
        const bool broken = unsaid || name.broken() || missing || (name.present() && found->second.spec.broken());
        const TemplateFields& fields = name.present() && !broken ? found->second.spec.value : defaults;

        spec_.template_name = fields.template_name.present() ? std::string(fields.template_name.value) : "WebServer";
        spec_.requirement.key = fields.key.value.kind;
        spec_.exportable = fields.key.value.exportable.value;
        spec_.reuse_key = fields.key.value.on_renewal.value == "reuse";
        spec_.digest = fields.digest.present() ? std::string(fields.digest.value) : spec_.digest;
        spec_.validity = fields.validity.present() ? fields.validity.value : Seconds(default_validity);
        if (fields.minimum_validity.present()) {
            spec_.minimum_validity = fields.minimum_validity.value;
        }
        spec_.renewal = fields.renewal.present() ? fields.renewal.value : spec_.renewal;
        if (!fields.extended_key_usage.present()) {
            spec_.requirement.extended_key_usage.insert("serverAuth");
        }
        for (const Text& usage : fields.extended_key_usage.value) {
            spec_.requirement.extended_key_usage.emplace(usage.value);
        }
        note("key", fields.key.place);
        note("exportable", fields.key.value.exportable.place);
        note("onRenewal", fields.key.value.on_renewal.place);
        note("digest", fields.digest.place);
        note("extendedKeyUsage", fields.extended_key_usage.place);
        note("validity", fields.validity.place);
        note("minimumValidity", fields.minimum_validity.place);
        note("renewal", fields.renewal.place);

        place_.key_known = !broken && !fields.key.broken() && !fields.key.value.exportable.broken();
        place_.key = fields.key.value.exportable.present() ? fields.key.value.exportable.place
                     : fields.key.present()                ? fields.key.place
                     : name.present() && !broken           ? found->second.name.place
                                                           : entry_.name.place;
        if (!broken) {
            check_server_kinds(fields);
            warn_about_public(fields);
        }
    }

    // What old Windows servers cannot do. They are seen by their PFX profile only; other Windows servers are not seen here.
    void check_server_kinds(const TemplateFields& fields) {
        const auto old = std::find_if(into_.pool.servers.begin(), into_.pool.servers.end(), [](const ServerSpec& server) {
            return !server.absent && server.pfx == x509::PfxProfile::tdes_sha1;
        });
        if (old == into_.pool.servers.end()) {
            return;
        }
        if (fields.digest.value == "sha512") {
            resolution_.warn("sha512-old-windows",
                             fields.digest.place,
                             "a SHA-512 signature breaks TLS 1.2 on old Windows servers, such as " + ticked(old->name) + " (pfx: 3des-sha1)",
                             "sha256 or sha384",
                             levels_.scope.about,
                             {entry_.name.place.document, into_.where.document});
        }
        if (fields.key.value.kind.algorithm == x509::KeyAlgorithm::ecdsa) {
            resolution_.findings.error("ecdsa-on-windows",
                                       fields.key.place,
                                       "ECDSA keys on Windows servers, such as " + ticked(old->name) + " (pfx: 3des-sha1), are out of scope for now",
                                       "algorithm: rsa",
                                       levels_.scope.about);
        }
    }

    // CA/Browser Forum ballot SC-081: the longest lifetime a public CA may give, by the date of issue.
    [[nodiscard]] std::chrono::days longest_public() const {
        using std::chrono::sys_days;
        using namespace std::chrono_literals;
        if (resolution_.now >= sys_days{2029y / 3 / 15}) {
            return std::chrono::days{47};
        }
        if (resolution_.now >= sys_days{2027y / 3 / 15}) {
            return std::chrono::days{100};
        }
        return std::chrono::days{resolution_.now >= sys_days{2026y / 3 / 15} ? 200 : 398};
    }

    void warn_about_public(const TemplateFields& fields) {
        if (authority_ == nullptr || !authority_->is_public.value) {
            return;
        }
        if (spec_.validity > longest_public()) {
            resolution_.warn("validity-over-limit",
                             fields.validity.present() ? fields.validity.place : entry_.name.place,
                             "a public CA may issue for at most " + std::to_string(longest_public().count()) + " days now, and " +
                                 to_words(spec_.validity) + (fields.validity.present() ? " are asked for" : " are asked for by default"),
                             "a template with a shorter `validity`",
                             levels_.scope.about,
                             {entry_.name.place.document, into_.where.document});
        }
        for (const Text& usage : fields.extended_key_usage.value) {
            if (usage.value == "clientAuth") {
                resolution_.warn("public-client-auth",
                                 usage.place,
                                 "public CAs stop granting clientAuth in 2026 and 2027, which breaks mutual TLS between federated edges",
                                 "a template without it, or a CA of one's own",
                                 levels_.scope.about,
                                 {entry_.name.place.document, into_.where.document});
            }
        }
    }

    void take_names() {
        const auto& names = said(&CertificateFields::names);
        const auto& sans = said(&CertificateFields::sans);
        note("sans", sans.place);
        note("names", names.present() ? names.place : sans.place);
        std::set<std::string_view> seen;
        std::vector<std::string_view> open;
        for (const Text& list : sans.value) {
            open.push_back(list.value);
        }
        while (!open.empty()) {
            const auto found = resolution_.declared.san_lists.find(open.back());
            open.pop_back();
            if (found == resolution_.declared.san_lists.end() || !seen.insert(found->first).second) {
                continue;
            }
            const SanListFields& list = found->second.spec.value;
            add_names(list.dns, NameKind::dns);
            add_names(list.ip, NameKind::ip);
            for (const Text& include : list.include.value) {
                open.push_back(include.value);
            }
        }
        add_names(names, NameKind::either);
    }

    void add_names(const NameItems& items, NameKind kind) {
        for (const NameItem& item : items.value) {
            if (!item.substituted) {
                add_name(item.folded, item.is_ip, item.text.place);
                continue;
            }
            if (uses_servers(item.text.value)) {
                resolution_.warn("names-depend-on-servers",
                                 item.text.place,
                                 "these names follow the list of servers: adding one reissues the certificate",
                                 "write the names out, or allow it with the annotation edgecert/allow",
                                 levels_.scope.about,
                                 {entry_.name.place.document, into_.where.document});
            }
            for (const std::string& text : expand_list(item.text, scope_, resolution_.findings)) {
                CheckedName checked = check_name(text, kind);
                if (checked.problem) {
                    resolution_.findings.error(
                        checked.problem->code, item.text.place, checked.problem->text, checked.problem->hint, levels_.scope.about);
                    continue;
                }
                add_name(checked.folded, checked.is_ip, item.text.place);
            }
        }
    }

    void add_name(const std::string& folded, bool is_ip, const Place& place) {
        auto& names = spec_.requirement.names;
        (is_ip ? names.ip : names.dns).insert(folded);
        place_.names.try_emplace(folded, place);
    }

    void take_subject() {
        const std::initializer_list<const Field<SubjectFields>*> levels{
            &entry_.fields.subject,
            profile_ == nullptr ? nullptr : &profile_->subject,
            &levels_.pool.defaults.subject,
            levels_.site == nullptr ? nullptr : &levels_.site->subject};
        for (const Field<SubjectFields>* level : levels) {
            if (level != nullptr && level->present()) {
                note("subject", level->place);  // the nearest one: emplace keeps the first
            }
        }
        for (std::size_t i = 0; i < subject_parts.size(); ++i) {
            const Field<std::string_view> part = nearest_part(levels, i);
            if (i == common_name_part) {
                take_common_name(part);
            } else if (part.present()) {
                take_part(i, part);
            }
        }
    }

    static Field<std::string_view> nearest_part(std::initializer_list<const Field<SubjectFields>*> levels, std::size_t i) {
        for (const Field<SubjectFields>* level : levels) {
            if (level == nullptr || level->absent()) {
                continue;
            }
            if (!level->present()) {
                Field<std::string_view> none{};
                none.state = level->broken() ? Field<std::string_view>::State::broken : none.state;
                return none;
            }
            if (!level->value.parts[i].absent()) {
                return level->value.parts[i];
            }
        }
        return {};
    }

    void take_part(std::size_t i, const Field<std::string_view>& part) {
        const SubjectPart& known = subject_parts[i];
        note("subject." + std::string(known.key), part.place);
        auto text = expand({part.value, part.place}, scope_, resolution_.findings);
        if (!text) {
            return;
        }
        if (i == country_part) {
            std::transform(text->begin(), text->end(), text->begin(), [](char c) {
                return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            });
            const bool two_letters = text->size() == 2 && std::all_of(text->begin(), text->end(), [](char c) { return c >= 'A' && c <= 'Z'; });
            if (!two_letters) {
                resolution_.findings.error(
                    "bad-country", part.place, ticked(*text) + " is no country", "two letters of ISO 3166-1, such as NL", levels_.scope.about);
            }
        } else if (count_characters(*text) > known.longest) {
            resolution_.findings.error("too-long",
                                       part.place,
                                       "a certificate takes at most " + std::to_string(known.longest) + " characters as " + std::string(known.key),
                                       {},
                                       levels_.scope.about);
        }
        spec_.requirement.subject.*known.member = std::move(*text);
    }

    void take_common_name(const Field<std::string_view>& part) {
        if (part.broken()) {
            return;
        }
        if (part.state == Field<std::string_view>::State::cleared) {
            resolution_.findings.error("missing-common-name",
                                       part.place,
                                       "a certificate needs a common name",
                                       "leave `commonName` out for ${pool.fqdn}",
                                       levels_.scope.about);
            return;
        }
        note("subject.commonName", part.place);
        const Place place = part.present() ? part.place : entry_.name.place;
        const auto text = part.present() ? expand({part.value, part.place}, scope_, resolution_.findings) : std::optional(levels_.scope.pool_fqdn);
        if (!text || text->empty()) {
            return;
        }
        const CheckedName checked = check_name(*text, NameKind::either);
        if (checked.problem) {
            resolution_.findings.error(checked.problem->code, place, checked.problem->text, checked.problem->hint, levels_.scope.about);
            return;
        }
        const auto& names = spec_.requirement.names;
        if (checked.folded.size() > longest_common_name && !names.dns.contains(checked.folded)) {
            resolution_.findings.error("too-long",
                                       place,
                                       "a common name over 64 characters is left out of the subject, and " + ticked(*text) +
                                           " is not among the names either",
                                       "add it to `names`",
                                       levels_.scope.about);
        }
        spec_.requirement.subject.common_name = checked.folded;
        place_.names.try_emplace(checked.folded, place);
    }

    void take_checks() {
        const auto& checks = said(&CertificateFields::verify);
        note("verify", checks.place);
        for (const TlsCheck& check : checks.value) {
            for (const ServerScope& server : levels_.servers) {
                Scope scope = levels_.scope;
                scope.server = &server;
                const auto host = expand({check.host.value, check.host.place}, scope, resolution_.findings);
                const Field<std::string_view>& name = check.server_name.present() ? check.server_name : check.host;
                const auto server_name = expand({name.value, name.place}, scope, resolution_.findings);
                if (host && server_name) {
                    spec_.verify.push_back(
                        {std::string(server.name), {*host, check.port.value, *server_name}, check.from.value == "server"});
                }
            }
        }
    }

    void warn_about_names() {
        constexpr std::size_t many = 100;
        const std::size_t count = spec_.requirement.names.size();
        if (count > many) {
            resolution_.warn("many-names",
                             entry_.name.place,
                             "the certificate " + ticked(spec_.name) + " has " + std::to_string(count) + " names, and many CAs stop at 100",
                             "split it by role",
                             levels_.scope.about,
                             {into_.where.document});
        }
    }

    void check_duplicates() {
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

    Resolution& resolution_;
    const PoolLevels& levels_;
    const CertificateEntry& entry_;
    ResolvedPool& into_;
    Scope scope_;
    const ProfileFields* profile_{};
    bool profile_broken_{};
    const AuthorityFields* authority_{};
    CertificateSpec spec_{};
    ResolvedPool::Certificate place_{};
};

}  // namespace

void resolve_certificate(Resolution& resolution, const PoolLevels& levels, const CertificateEntry& entry, ResolvedPool& into) {
    CertificateResolver(resolution, levels, entry, into).make();
}

}  // namespace edgecert
