// Authorities from their declarations: paths made absolute, defaults filled in, pins folded, and what is
// dubious about them.
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "engine/text/digest.h"
#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

constexpr std::size_t pin_prefix = 7;  // "sha256:"

class AuthorityResolver {
public:
    AuthorityResolver(Resolution& resolution, const Declared<AuthorityFields>& declared)
        : resolution_(resolution), declared_(declared), fields_(declared.spec.value) {}

    AuthoritySpec make() {
        AuthoritySpec spec{};
        spec.name = declared_.name.value;
        spec.where = to_source(declared_.name.place);
        spec.is_public = fields_.is_public.value;
        if (fields_.local.present()) {
            spec.kind = local(fields_.local.value);
        } else if (fields_.offline.present()) {
            spec.kind =
                OfflineAuthority{path(fields_.offline.value.outbox), path(fields_.offline.value.inbox)};
        } else if (fields_.command.present()) {
            spec.kind = CommandAuthority{resolution_.resolve_command(fields_.command.value, nowhere_)};
        } else if (fields_.adcs.present()) {
            spec.kind = adcs(fields_.adcs.value);
        }
        spec.chain_file = path(fields_.chain.value.file);
        for (const Text& pin : fields_.chain.value.roots.value) {
            std::string hex(
                pin.value.substr(std::min(pin_prefix, pin.value.size())));  // a bad one has been told
            std::transform(hex.begin(), hex.end(), hex.begin(), [](char digit) {
                return digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit;
            });
            spec.roots.push_back(std::move(hex));
        }
        std::sort(spec.roots.begin(), spec.roots.end());
        spec.roots.erase(std::unique(spec.roots.begin(), spec.roots.end()), spec.roots.end());
        match(spec);
        spec.declaration = declaration(spec);
        check_pin();
        return spec;
    }

private:
    std::string text(const Field<std::string_view>& field) {
        if (!field.present()) {
            return {};
        }
        return expand({field.value, field.place}, nowhere_, resolution_.findings).value_or("");
    }

    std::string path(const Field<std::string_view>& field) {
        const std::string written = text(field);
        return written.empty() ? written : resolution_.absolute_path(written, field.place);
    }

    LocalAuthority local(const LocalFields& fields) {
        LocalAuthority local{};
        local.directory = path(fields.directory);
        for (std::size_t i = 0; i < subject_parts.size(); ++i) {
            local.subject.*subject_parts[i].member = text(fields.subject.value.parts[i]);
        }
        std::string& country = local.subject.country;
        std::transform(country.begin(), country.end(), country.begin(), [](char letter) {
            return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        });
        local.key = fields.key.value.kind;
        local.validity = fields.validity.present() ? fields.validity.value : local.validity;
        local.distribution_point = text(fields.distribution_point);
        local.issuer_url = text(fields.issuer_url);
        check_work_tree(local.directory, fields.directory);
        return local;
    }

    AdcsAuthority adcs(const AdcsFields& fields) {
        AdcsAuthority adcs{};
        adcs.url = text(fields.url);
        if (!adcs.url.empty() && !adcs.url.ends_with('/')) {
            adcs.url += '/';
        }
        adcs.method = fields.method.value;
        adcs.username = text(fields.username);
        adcs.password.kind = fields.password.kind;
        switch (fields.password.kind) {
            case SecretSource::Kind::none:
                break;
            case SecretSource::Kind::env:
                adcs.password.value = {std::string(fields.password.value.front().value)};
                break;
            case SecretSource::Kind::file: {
                const Text& file = fields.password.value.front();
                adcs.password.value = {resolution_.absolute_path(std::string(file.value), file.place)};
                break;
            }
            case SecretSource::Kind::command:
                adcs.password.value = resolution_.resolve_command(fields.password.value, nowhere_);
                break;
        }
        adcs.certificate = path(fields.certificate);
        adcs.key = path(fields.key);
        adcs.tls_ca = path(fields.tls_ca);
        adcs.concurrent = fields.concurrent.present() ? fields.concurrent.value : adcs.concurrent;
        return adcs;
    }

    // Offline and command authorities stand for people and programs that often decide more than the common
    // name.
    void match(AuthoritySpec& spec) const {
        const bool lenient = !fields_.offline.absent() || !fields_.command.absent();
        spec.match = {lenient, lenient, true};
        const MatchFields& said = fields_.match.value;
        if (said.subject.present()) {
            spec.match.subject_common_name_only = said.subject.value == "commonName";
        }
        if (said.names.present()) {
            spec.match.names_superset = said.names.value == "superset";
        }
        if (said.usages.present()) {
            spec.match.usages_superset = said.usages.value == "superset";
        }
    }

    // What makes it this CA. Its folder, its pins and its lifetime are not part of it: moving or renewing a
    // CA makes no other.
    static std::string declaration(const AuthoritySpec& spec) {
        Digest digest("edgecert.authority/1");
        digest.number(static_cast<std::int64_t>(spec.kind.index()));
        if (const auto* local = std::get_if<LocalAuthority>(&spec.kind)) {
            for (const SubjectPart& part : subject_parts) {
                digest.field(local->subject.*part.member);
            }
            digest.field(x509::to_text(local->key));
        } else if (const auto* command = std::get_if<CommandAuthority>(&spec.kind)) {
            for (const std::string& argument : command->command) {
                digest.field(argument);
            }
        } else if (const auto* adcs = std::get_if<AdcsAuthority>(&spec.kind)) {
            digest.field(adcs->url);
        }
        return digest.hex();
    }

    void check_pin() {
        const bool pinned = !fields_.chain.value.roots.value.empty() || fields_.chain.value.roots.broken();
        if (!fields_.local.absent() || pinned || fields_.chain.broken()) {
            return;
        }
        const Place where = fields_.chain.present() ? fields_.chain.place : declared_.name.place;
        resolution_.findings.warning("no-pin",
                                     where,
                                     "no root of " + ticked(declared_.name.value) +
                                         " is pinned, so nothing of it is trusted and its pools wait",
                                     "`edgecert chain " + std::string(declared_.name.value) +
                                         "` shows what to write under chain.roots");
    }

    void check_work_tree(const std::string& directory, const Field<std::string_view>& field) {
        std::filesystem::path folder(directory);
        while (!folder.empty()) {
            std::error_code failure;
            if (std::filesystem::exists(folder / ".git", failure)) {
                resolution_.warn(
                    "authority-in-git",
                    field.place,
                    "the folder of this CA is inside the Git work tree " + ticked(folder.string()),
                    "its private keys belong where nobody commits them",
                    {},
                    {});
                return;
            }
            if (folder == folder.parent_path()) {
                return;
            }
            folder = folder.parent_path();
        }
    }

    Resolution& resolution_;
    const Declared<AuthorityFields>& declared_;
    const AuthorityFields& fields_;
    const Scope nowhere_{};
};

}  // namespace

std::vector<AuthoritySpec> resolve_authorities(Resolution& resolution) {
    std::vector<AuthoritySpec> specs;
    std::map<std::string, std::string_view> folders;
    for (const auto& [name, declared] : resolution.declared.authorities) {
        if (declared.spec.state != Field<AuthorityFields>::State::present) {
            continue;
        }
        specs.push_back(AuthorityResolver(resolution, declared).make());
        const auto* local = std::get_if<LocalAuthority>(&specs.back().kind);
        if (local == nullptr || local->directory.empty()) {
            continue;
        }
        const auto [first, fresh] = folders.try_emplace(local->directory, name);
        if (!fresh) {
            resolution.findings.error("shared-directory",
                                      declared.spec.value.local.value.directory.place,
                                      ticked(name) + " has the same folder as " + ticked(first->second),
                                      "a folder holds one CA");
        }
    }
    return specs;
}

}  // namespace edgecert
