// What a certificate takes from its template, and what its servers and its authority will make of that.
#include <algorithm>
#include <chrono>
#include <utility>

#include "resources/kinds/certificate_resolver.h"

namespace edgecert {

namespace {

constexpr std::chrono::days default_validity{825};

}  // namespace

const SharedTextSet& CertificateResolver::usages_of(const TemplateFields& fields) {
    const auto [usages, fresh] = resolution_.usages.try_emplace(&fields);
    if (fresh) {
        TextSet all;
        for (const Text& usage : fields.extended_key_usage.value) {
            all.emplace(usage.value);
        }
        usages->second = fields.extended_key_usage.present() ? std::move(all) : TextSet{"serverAuth"};
    }
    return usages->second;
}

void CertificateResolver::take_template() {
    static const TemplateFields defaults{};
    const auto& name = said(&CertificateFields::template_name, &PoolDefaults::template_name);
    note("template", name.place);
    const auto found = resolution_.declared.templates.find(name.value);
    const bool missing = name.present() && found == resolution_.declared.templates.end();
    // Nobody knows what a broken profile or site would have said.
    const bool unsaid = name.absent() && (levels_.site == nullptr || profile_broken_);
    const bool broken = unsaid || name.broken() || missing || (name.present() && found->second.spec.broken());
    const TemplateFields& fields = name.present() && !broken ? found->second.spec.value : defaults;

    spec_.template_name = resolution_.texts.of(
        fields.template_name.present() ? fields.template_name.value : std::string_view("WebServer"));
    spec_.requirement.key = fields.key.value.kind;
    spec_.exportable = fields.key.value.exportable.value;
    spec_.reuse_key = fields.key.value.on_renewal.value == "reuse";
    spec_.digest =
        resolution_.texts.of(fields.digest.present() ? fields.digest.value : std::string_view("sha256"));
    spec_.validity = fields.validity.present() ? fields.validity.value : Seconds(default_validity);
    if (fields.minimum_validity.present()) {
        spec_.minimum_validity = fields.minimum_validity.value;
    }
    spec_.renewal = fields.renewal.present() ? fields.renewal.value : spec_.renewal;
    spec_.requirement.extended_key_usage = usages_of(fields);
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

void CertificateResolver::check_server_kinds(const TemplateFields& fields) {
    const auto old =
        std::find_if(into_.pool.servers.begin(), into_.pool.servers.end(), [](const ServerSpec& server) {
            return !server.absent && server.pfx == x509::PfxProfile::tdes_sha1;
        });
    if (old == into_.pool.servers.end()) {
        return;
    }
    if (fields.digest.value == "sha512") {
        resolution_.warn("sha512-old-windows",
                         fields.digest.place,
                         "a SHA-512 signature breaks TLS 1.2 on old Windows servers, such as " +
                             ticked(old->name) + " (pfx: 3des-sha1)",
                         "sha256 or sha384",
                         levels_.scope.about,
                         {entry_.name.place.document, into_.where.document});
    }
    if (fields.key.value.kind.algorithm == x509::KeyAlgorithm::ecdsa) {
        resolution_.findings.error("ecdsa-on-windows",
                                   fields.key.place,
                                   "ECDSA keys on Windows servers, such as " + ticked(old->name) +
                                       " (pfx: 3des-sha1), are out of scope for now",
                                   "algorithm: rsa",
                                   levels_.scope.about);
    }
}

std::chrono::days CertificateResolver::longest_public() const {
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

void CertificateResolver::warn_about_public(const TemplateFields& fields) {
    if (authority_ == nullptr || !authority_->is_public.value) {
        return;
    }
    if (spec_.validity > longest_public()) {
        resolution_.warn("validity-over-limit",
                         fields.validity.present() ? fields.validity.place : entry_.name.place,
                         "a public CA may issue for at most " + std::to_string(longest_public().count()) +
                             " days now, and " + to_words(spec_.validity) +
                             (fields.validity.present() ? " are asked for" : " are asked for by default"),
                         "a template with a shorter `validity`",
                         levels_.scope.about,
                         {entry_.name.place.document, into_.where.document});
    }
    for (const Text& usage : fields.extended_key_usage.value) {
        if (usage.value == "clientAuth") {
            resolution_.warn("public-client-auth",
                             usage.place,
                             "public CAs stop granting clientAuth in 2026 and 2027, which breaks mutual TLS "
                             "between federated edges",
                             "a template without it, or a CA of one's own",
                             levels_.scope.about,
                             {entry_.name.place.document, into_.where.document});
        }
    }
}

}  // namespace edgecert
