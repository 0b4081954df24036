// A pool from its declaration: its servers and their stores, who makes its requests, and its certificates.
#include <algorithm>
#include <set>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

std::string fold(Resolution& resolution, const Field<std::string_view>& field, const Scope& scope) {
    if (!field.present()) {
        return {};
    }
    const auto text = expand({field.value, field.place}, scope, resolution.findings);
    if (!text) {
        return {};
    }
    CheckedName checked = check_name(*text, NameKind::dns);
    if (checked.problem) {
        resolution.findings.error(
            checked.problem->code, field.place, checked.problem->text, checked.problem->hint);
    }
    return std::move(checked.folded);
}

class PoolResolver {
public:
    PoolResolver(Resolution& resolution, const Declared<PoolFields>& declared)
        : resolution_(resolution),
          fields_(declared.spec.value),
          levels_{declared.spec.value, nullptr, {}, {}} {
        const auto found = resolution.declared.sites.find(fields_.site.value);
        if (found != resolution.declared.sites.end() &&
            found->second.spec.state == Field<SiteFields>::State::present) {
            levels_.site = &found->second.spec.value;
        }
        into_.where = declared.name.place;
        into_.pool.name = declared.name.value;
        into_.pool.site = fields_.site.value;
        into_.pool.where = to_source(declared.name.place);
    }

    ResolvedPool make() {
        prepare_scope();
        into_.pool.servers.reserve(fields_.servers.value.size() +
                                   (fields_.request_machine.present() ? 1 : 0));
        for (const ServerFields& server : fields_.servers.value) {
            add_server(server, false);
        }
        choose_request_server();
        const auto& entries =
            nearest_said({&fields_.defaults.certificates, of_site(&SiteFields::certificates)}).value;
        into_.pool.certificates.reserve(entries.size());  // what is made of them refers to them
        into_.certificates.reserve(entries.size());
        for (const CertificateEntry& entry : entries) {
            resolve_certificate(resolution_, levels_, entry, into_);
        }
        check_names();
        check_key_travel();
        collect_authorities();
        const auto unavailable = nearest_inner({&fields_.defaults.rollout, of_site(&SiteFields::rollout)},
                                               &RolloutFields::max_unavailable);
        const auto after =
            nearest_inner({&fields_.defaults.retire, of_site(&SiteFields::retire)}, &RetireFields::after);
        into_.pool.max_unavailable = unavailable.present() ? unavailable.value : 1;
        into_.pool.retire_after = after.present() ? after.value : into_.pool.retire_after;
        note(into_.pool.said, "rollout.maxUnavailable", unavailable);
        note(into_.pool.said, "retire.after", after);
        return std::move(into_);
    }

private:
    template <class T>
    [[nodiscard]] const Field<T>* of_site(Field<T> SiteFields::*field) const {
        return levels_.site == nullptr ? nullptr : &(levels_.site->*field);
    }

    template <class T>
    static void note(std::vector<FieldSource>& said, std::string_view name, const Field<T>& field) {
        if (field.present()) {
            said.push_back({name, to_source(field.place)});
        }
    }

    void prepare_scope() {
        Scope& scope = levels_.scope;
        scope.about = "pool " + ticked(into_.pool.name);
        scope.site_name = fields_.site.value;
        scope.site_vars = of_site(&SiteFields::vars);
        scope.pool_name = into_.pool.name;
        scope.pool_vars = &fields_.defaults.vars;
        scope.pool_fqdn = fold(resolution_, fields_.fqdn, scope);
        scope.pool_fqdn_defined = true;
        into_.pool.fqdn = scope.pool_fqdn;
        // Their names are needed before anything that lists them is made.
        for (const ServerFields& server : fields_.servers.value) {
            ServerScope names = server_scope(server);
            fqdns_.push_back(names.fqdn);
            if (!server.absent.value) {
                levels_.servers.push_back(std::move(names));
            }
        }
    }

    ServerScope server_scope(const ServerFields& server) {
        ServerScope names{server.name.value, {}, &server.vars};
        Scope scope = levels_.scope;
        scope.server = &names;
        scope.server_fqdn_defined = false;
        names.fqdn = fold(resolution_, server.fqdn, scope);
        return names;
    }

    void add_server(const ServerFields& server, bool outside) {
        ServerScope names{server.name.value, {}, &server.vars};
        names.fqdn = outside ? server_scope(server).fqdn : fqdns_[into_.pool.servers.size()];
        Scope scope = levels_.scope;
        scope.server = &names;
        scope.server_fqdn_defined = !server.fqdn.absent();

        ServerSpec spec{};
        spec.name = server.name.value;
        spec.fqdn = names.fqdn;
        spec.maintenance = server.maintenance.value;
        spec.absent = server.absent.value;
        spec.outside = outside;
        spec.where = to_source(server.place);
        const auto& pfx = nearest_said({&server.pfx, &fields_.defaults.pfx, of_site(&SiteFields::pfx)});
        note(spec.said, "pfx", pfx);
        note(spec.said, "maintenance", server.maintenance);
        note(spec.said, "absent", server.absent);
        spec.pfx = pfx.value == "3des-sha1" ? x509::PfxProfile::tdes_sha1 : x509::PfxProfile::modern;
        const auto& store =
            nearest_said({&server.store, &fields_.defaults.store, of_site(&SiteFields::store)});
        note(spec.said, "store", store);
        if (store.present()) {
            spec.store = make_store(store.value, scope);
        } else if (store.absent() && levels_.site != nullptr) {
            resolution_.findings.error("missing-store",
                                       server.place,
                                       "the server " + ticked(server.name.value) + " has no store",
                                       "say `store` here, or once for all in the pool or the site");
        }
        if (!server_names_.insert(server.name.value).second) {
            resolution_.findings.error("duplicate-name",
                                       server.name.place,
                                       "a second server " + ticked(server.name.value) + " in this pool");
        }
        into_.pool.servers.push_back(std::move(spec));
        into_.servers.push_back(server.place);
        into_.stores.push_back(server.store.present() ? server.store.place : server.place);
    }

    StoreSpec make_store(const StoreFields& fields, const Scope& scope) {
        StoreSpec store{};
        if (fields.directory.present()) {
            const auto directory =
                expand({fields.directory.value, fields.directory.place}, scope, resolution_.findings);
            store.directory = directory ? resolution_.absolute_path(*directory, fields.directory.place) : "";
        }
        store.command = resolution_.resolve_command(fields.command.value, scope);
        store.activate = resolution_.resolve_command(fields.activate.value, scope);
        if (fields.key_group.present()) {
            store.key_group =
                expand({fields.key_group.value, fields.key_group.place}, scope, resolution_.findings)
                    .value_or("");
        }
        return store;
    }

    void choose_request_server() {
        if (fields_.request_machine.present()) {
            add_server(fields_.request_machine.value, true);
            into_.pool.request_on = fields_.request_machine.value.name.value;
            note(into_.pool.said, "requestOn", fields_.request_machine);
            return;
        }
        const auto& servers = into_.pool.servers;
        if (!fields_.request_on.present()) {
            // With every server absent nothing is requested any more.
            const auto first = std::find_if(
                servers.begin(), servers.end(), [](const ServerSpec& server) { return !server.absent; });
            into_.pool.request_on = first == servers.end() ? "" : first->name;
            return;
        }
        into_.pool.request_on = fields_.request_on.value;
        note(into_.pool.said, "requestOn", fields_.request_on);
        const auto chosen = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& server) {
            return server.name == fields_.request_on.value;
        });
        if (chosen != servers.end() && chosen->absent) {
            resolution_.findings.error("request-on-absent",
                                       fields_.request_on.place,
                                       "the server " + ticked(fields_.request_on.value) +
                                           " is absent, and requests cannot be made there");
        } else if (chosen == servers.end() && fields_.servers.present()) {
            std::vector<std::string> names;
            names.reserve(servers.size());
            for (const ServerSpec& server : servers) {
                names.push_back(server.name);
            }
            resolution_.findings.error(
                "unknown-reference",
                fields_.request_on.place,
                "there is no server " + ticked(fields_.request_on.value) + " in this pool",
                suggestion(fields_.request_on.value, names));
        }
    }

    // ams-edge/internal is a certificate, a role or a server: whichever it is, it must be one thing.
    void check_names() {
        std::map<std::string_view, std::string_view> role_owner;
        std::set<std::string_view> taken;
        for (const CertificateSpec& certificate : into_.pool.certificates) {
            taken.insert(certificate.name);
            for (const std::string& role : certificate.roles) {
                role_owner.try_emplace(role, certificate.name);
                taken.insert(role);
            }
        }
        for (std::size_t i = 0; i < into_.pool.certificates.size(); ++i) {
            const std::string& name = into_.pool.certificates[i].name;
            const auto owner = role_owner.find(name);
            if (owner != role_owner.end() && owner->second != name) {
                resolution_.findings.error("ambiguous-address",
                                           into_.certificates[i].where,
                                           "the certificate " + ticked(name) +
                                               " is named like a role of the certificate " +
                                               ticked(owner->second) + ", so `" + into_.pool.name + "/" +
                                               name + "` could mean either");
            }
        }
        for (std::size_t i = 0; i < into_.pool.servers.size(); ++i) {
            const std::string& name = into_.pool.servers[i].name;
            if (taken.contains(name)) {
                resolution_.findings.error("ambiguous-address",
                                           into_.servers[i],
                                           "the server " + ticked(name) +
                                               " is named like a role or a certificate of its pool, so `" +
                                               into_.pool.name + "/" + name + "` could mean either");
            }
        }
    }

    // All servers of a pool have one key, so it has to leave the server that makes it unless that is the only
    // one.
    void check_key_travel() {
        const auto present =
            std::count_if(into_.pool.servers.begin(), into_.pool.servers.end(), [](const ServerSpec& server) {
                return !server.absent && !server.outside;
            });
        const bool elsewhere = fields_.request_machine.present() && present > 0;
        if (present < 2 && !elsewhere) {
            return;
        }
        const std::string why = elsewhere ? "the request is made elsewhere" : "the pool has several servers";
        for (std::size_t i = 0; i < into_.pool.certificates.size(); ++i) {
            const CertificateSpec& certificate = into_.pool.certificates[i];
            if (certificate.exportable || !into_.certificates[i].key_known) {
                continue;
            }
            resolution_.findings.error("key-not-exportable",
                                       into_.certificates[i].key,
                                       "the key has to travel, since " + why + ", and it is not exportable",
                                       "say exportable: true under the `key` of the certificate's template",
                                       levels_.scope.about);
        }
    }

    void collect_authorities() {
        std::set<std::string> names;
        const auto add = [&](std::string_view name) {
            if (resolution_.declared.authorities.contains(name)) {
                names.emplace(name);
            }
        };
        for (const CertificateSpec& certificate : into_.pool.certificates) {
            add(certificate.requirement.authority);
        }
        for (const Text& trusted :
             nearest_said({&fields_.defaults.trust, of_site(&SiteFields::trust)}).value) {
            add(trusted.value);
        }
        into_.pool.authorities.assign(names.begin(), names.end());
    }

    Resolution& resolution_;
    const PoolFields& fields_;
    PoolLevels levels_;
    ResolvedPool into_{};
    std::vector<std::string> fqdns_{};
    std::set<std::string_view> server_names_{};
};

}  // namespace

ResolvedPool resolve_pool(Resolution& resolution, const Declared<PoolFields>& declared) {
    return PoolResolver(resolution, declared).make();
}

}  // namespace edgecert
