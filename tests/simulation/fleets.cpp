// Fleets as a seed draws them: CAs, pools, certificates.
#include "tests/simulation/fleets.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/digest.h"

namespace edgecert::simulation {

namespace {

using std::chrono::days;

int port_of(const std::string& role) {
    if (role == "access-edge-external") {
        return 5061;
    }
    if (role == "audio-video-authentication") {
        return 5062;
    }
    return role == "data-edge-external" ? 5063 : 5064;
}

AuthorityPlan make_authority(SimCaKind kind, const std::string& name, Chance& chance) {
    AuthorityPlan plan;
    plan.ca.name = name;
    plan.ca.kind = kind;
    plan.ca.born = beginning() - days{30};
    plan.ca.exists = kind != SimCaKind::local || chance.one_in(2);
    plan.ca.patience = kind == SimCaKind::offline ? -1 : chance.below(4) - 1;
    plan.spec.name = name;
    plan.spec.declaration = Digest("simulation.declaration").field(name).hex();
    switch (kind) {
        case SimCaKind::local: {
            LocalAuthority local;
            local.directory = "/sim/" + name;
            local.subject.common_name = name;
            local.key = {x509::KeyAlgorithm::ecdsa, 256};
            plan.spec.kind = local;
            break;
        }
        case SimCaKind::offline:
            plan.spec.kind = OfflineAuthority{"/sim/out", "/sim/in"};
            plan.spec.match = {true, true, true};
            break;
        case SimCaKind::manual:
            plan.spec.kind = CommandAuthority{{"/sim/ca"}};
            break;
        case SimCaKind::chain_only:
            break;
    }
    return plan;
}

}  // namespace

std::vector<AuthorityPlan> draw_authorities(Chance& chance) {
    std::vector<AuthorityPlan> drawn;
    const int which = chance.below(6);
    if (which < 3) {
        drawn.push_back(make_authority(SimCaKind::local, "contoso-local", chance));
    }
    if (which >= 2 && which != 4) {
        drawn.push_back(make_authority(SimCaKind::manual, "contoso-manual", chance));
    }
    if (which >= 4) {
        drawn.push_back(make_authority(SimCaKind::offline, "contoso-offline", chance));
    }
    if (chance.one_in(3)) {
        drawn.push_back(make_authority(SimCaKind::chain_only, "contoso-old", chance));
    }
    return drawn;
}

Pool draw_pool(const std::string& name,
               const std::vector<AuthorityPlan>& authorities,
               Chance& chance,
               std::set<std::string>& activating) {
    Pool pool;
    pool.name = name;
    pool.site = name + "-site";
    pool.fqdn = "edge-int." + name + ".example.net";
    const int servers = 1 + chance.below(3);
    for (int i = 1; i <= servers; ++i) {
        pool.servers.push_back(make_server(pool, "edge0" + std::to_string(i)));
        pool.servers.back().maintenance = servers > 1 && chance.one_in(12);
    }
    pool.request_on = pool.servers.front().name;
    if (chance.one_in(8)) {
        ServerSpec outside = make_server(pool, "fe01");
        outside.outside = true;
        pool.request_on = outside.name;
        pool.servers.push_back(outside);
    }
    const auto authority = [&] {
        return authorities.at(static_cast<std::size_t>(chance.below(static_cast<int>(authorities.size()))))
            .spec;
    };
    AuthoritySpec first = authority();
    while (!first.issues()) {
        first = authority();
    }
    pool.certificates.push_back(make_certificate(pool, "internal", first.name, {"internal"}));
    if (chance.one_in(3)) {
        pool.certificates.push_back(
            make_certificate(pool, "external", first.name, {"access-edge-external", "data-edge-external"}));
    }
    for (CertificateSpec& spec : pool.certificates) {
        spec.reuse_key = chance.one_in(3);
        spec.exportable = chance.one_in(4);
        if (chance.one_in(3)) {
            spec.verify = checks_of(pool, spec, chance.one_in(2));
        }
    }
    pool.max_unavailable = 1 + chance.below(2);
    if (chance.one_in(2)) {
        pool.retire_after = Seconds{days{1}};
    }
    for (const ServerSpec& server : pool.servers) {
        if (chance.one_in(2)) {
            activating.insert(server.store.directory);
        }
    }
    tidy(pool);
    return pool;
}

const std::vector<std::string>& role_names() {
    static const std::vector<std::string> names{
        "access-edge-external", "audio-video-authentication", "data-edge-external", "internal"};
    return names;
}

ServerSpec make_server(const Pool& pool, const std::string& name) {
    ServerSpec server;
    server.name = name;
    server.fqdn = name + "." + pool.name + ".example.net";
    server.store.directory = "/sim/" + pool.name + "/" + name;
    return server;
}

std::vector<Verification> checks_of(const Pool& pool, const CertificateSpec& spec, bool from_server) {
    std::vector<Verification> checks;
    for (const ServerSpec& server : pool.servers) {
        if (server.absent || server.outside) {
            continue;
        }
        // A check is of the certificate: it may ask the service of any of its roles.
        const std::set<int> ports{port_of(spec.roles.front()), port_of(spec.roles.back())};
        for (const int port : ports) {
            checks.push_back({server.name, {server.fqdn, port, pool.fqdn}, from_server});
        }
    }
    return checks;
}

CertificateSpec make_certificate(const Pool& pool,
                                 const std::string& name,
                                 const std::string& authority,
                                 const std::vector<std::string>& roles) {
    CertificateSpec spec;
    spec.name = name;
    spec.roles.assign(roles.begin(), roles.end());
    spec.friendly_name = "Edge " + name;
    spec.requirement.subject.common_name =
        name == "internal" ? pool.fqdn : name + "." + pool.name + ".example.net";
    spec.requirement.names.dns = {"sip.example.net"};
    spec.requirement.key = {x509::KeyAlgorithm::ecdsa, 256};
    spec.requirement.extended_key_usage = {"serverAuth"};
    spec.requirement.authority = authority;
    spec.template_name = "WebServer";
    spec.validity = days{90};
    return spec;
}

void tidy(Pool& pool) {
    const auto travels = [&] {
        int holders = 0;
        for (const ServerSpec& server : pool.servers) {
            holders += server.absent ? 0 : 1;
        }
        return holders > 1;
    };
    std::set<std::string> trusted(pool.authorities.begin(), pool.authorities.end());
    for (CertificateSpec& spec : pool.certificates) {
        trusted.insert(spec.requirement.authority);
        spec.exportable = spec.exportable || travels();
        if (!spec.verify.empty()) {
            spec.verify = checks_of(pool, spec, spec.verify.front().from_server);
        }
    }
    pool.authorities.assign(trusted.begin(), trusted.end());
    const auto requests =
        std::find_if(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
            return server.name == pool.request_on && !server.absent;
        });
    if (requests == pool.servers.end()) {
        const auto first = std::find_if(pool.servers.begin(),
                                        pool.servers.end(),
                                        [](const ServerSpec& server) { return !server.absent; });
        pool.request_on = first == pool.servers.end() ? "" : first->name;
    }
}

}  // namespace edgecert::simulation
