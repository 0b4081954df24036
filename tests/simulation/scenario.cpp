// Draws fleets, events and faults from a seed.
#include "tests/simulation/scenario.h"

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

Fault draw_fault(Chance& chance, int points, bool disks) {
    // Crashes are what most can go wrong with; what never ends is rare.
    static const std::vector<FaultKind> kinds{FaultKind::crash_before,     FaultKind::crash_before,
                                              FaultKind::crash_midway,     FaultKind::crash_after,
                                              FaultKind::crash_after,      FaultKind::crash_after,
                                              FaultKind::node_away,        FaultKind::node_away,
                                              FaultKind::authority_away,   FaultKind::lost_answer,
                                              FaultKind::lost_answer,      FaultKind::refused,
                                              FaultKind::stale_read,       FaultKind::slow,
                                              FaultKind::clock_jump,       FaultKind::activation_fails,
                                              FaultKind::activation_fails, FaultKind::handshake_fails,
                                              FaultKind::submission_lost,  FaultKind::denies,
                                              FaultKind::grants_else,      FaultKind::person,
                                              FaultKind::other_controller, FaultKind::disk_error,
                                              FaultKind::duplicated,       FaultKind::node_lies,
                                              FaultKind::node_flaps};
    Fault fault;
    fault.kind = kinds.at(static_cast<std::size_t>(chance.below(static_cast<int>(kinds.size()))));
    if (chance.one_in(60)) {
        fault.kind = chance.one_in(3) ? FaultKind::authority_gone : FaultKind::node_gone;
    }
    static const std::vector<FaultKind> of_disks{FaultKind::power_lost,
                                                 FaultKind::power_lost,
                                                 FaultKind::power_lost,
                                                 FaultKind::disk_error,
                                                 FaultKind::refused,
                                                 FaultKind::crash_midway,
                                                 FaultKind::duplicated};
    if (disks && !chance.one_in(3)) {
        fault.kind = of_disks.at(static_cast<std::size_t>(chance.below(static_cast<int>(of_disks.size()))));
    }
    fault.point = chance.below(points);
    fault.length = 1 + chance.below(chance.one_in(3) ? 60 : 8);
    fault.subject = chance.below(1 << 30);
    return fault;
}

Event draw_event(Chance& chance, int rounds) {
    Event event;
    event.round = chance.below(rounds + 1) - 1;
    const bool people = event.round < 0 || chance.one_in(2);
    event.what = static_cast<Happening>(people ? first_by_people + chance.below(happenings - first_by_people)
                                               : chance.below(first_by_people));
    event.chance = chance.next();
    return event;
}

int draw_pause(Chance& chance) {
    constexpr int day = 24 * 60;
    switch (chance.below(6)) {
        case 0:
            return 0;
        case 1:
            return 1;
        case 2:
            return 60;
        case 3:
            return day;
        case 4:
            return 10 * day;
        default:
            return 65 * day;
    }
}

std::string draw_target(Chance& chance, const std::vector<Pool>& pools) {
    const Pool& pool = pools.at(static_cast<std::size_t>(chance.below(static_cast<int>(pools.size()))));
    switch (chance.below(4)) {
        case 0:
            return pool.name;
        case 1:
            return pool.name + "/" + pool.servers.front().name;
        case 2:
            return pool.name + "/" + pool.certificates.front().roles.front();
        default:
            return pool.name + "/" + pool.servers.back().name;
    }
}

// What goes on around the runs: clocks, others, and how much of everything is meant.
void draw_circumstances(Chance& chance, Scenario& scenario) {
    for (std::size_t i = 0; i < scenario.pauses.size(); ++i) {
        scenario.targets.push_back(chance.one_in(8) ? draw_target(chance, scenario.pools) : "");
        scenario.others.push_back(chance.one_in(5) ? 1 + chance.below(2) : 0);
    }
    for (const Pool& pool : scenario.pools) {
        for (const ServerSpec& server : pool.servers) {
            if (chance.one_in(6)) {
                scenario.skew[server.store.directory] = chance.below(4000) - 2000;
            }
        }
    }
}

template <class Item>
void leave_out(std::vector<Item>& items, const std::set<std::string>& without, char letter) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].number = static_cast<int>(i);
    }
    std::erase_if(items,
                  [&](const Item& item) { return without.contains(letter + std::to_string(item.number)); });
}

void leave_out(Scenario& scenario, const std::set<std::string>& without) {
    leave_out(scenario.events, without, 'e');
    leave_out(scenario.faults, without, 'f');
    std::erase_if(scenario.pools, [&](const Pool& pool) { return without.contains("pool " + pool.name); });
    for (Pool& pool : scenario.pools) {
        std::erase_if(pool.servers, [&](const ServerSpec& server) {
            return without.contains("server " + pool.name + "/" + server.name);
        });
        std::erase_if(pool.certificates, [&](const CertificateSpec& spec) {
            return without.contains("certificate " + pool.name + "/" + spec.name);
        });
        tidy(pool);
    }
    if (without.contains("clocks")) {
        scenario.skew.clear();
    }
    if (without.contains("others")) {
        std::fill(scenario.others.begin(), scenario.others.end(), 0);
    }
    if (without.contains("targets")) {
        std::fill(scenario.targets.begin(), scenario.targets.end(), "");
    }
    scenario.disks = scenario.disks && !without.contains("disks");
    for (const std::string& part : without) {
        if (part.starts_with("rounds ")) {
            scenario.pauses.resize(
                std::min(scenario.pauses.size(), static_cast<std::size_t>(std::stoi(part.substr(7)))));
        }
    }
}

}  // namespace

Instant beginning() {
    return Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
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
        if (!server.absent && !server.outside) {
            checks.push_back(
                {server.name, {server.fqdn, port_of(spec.roles.front()), pool.fqdn}, from_server});
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

Scenario make_scenario(std::uint64_t seed, const std::set<std::string>& without) {
    Chance chance(seed);
    Scenario scenario;
    scenario.seed = seed;
    scenario.disks = seed % one_with_disks == 0;
    scenario.authorities = draw_authorities(chance);
    scenario.pools.push_back(draw_pool("ams", scenario.authorities, chance, scenario.activating));
    if (chance.one_in(4)) {
        scenario.pools.push_back(draw_pool("lon", scenario.authorities, chance, scenario.activating));
    }
    const int rounds = 1 + chance.below(5);
    for (int i = 0; i < rounds; ++i) {
        scenario.pauses.push_back(i == 0 ? 0 : draw_pause(chance));
    }
    const int events = chance.below(2 + 2 * rounds);
    for (int i = 0; i < events; ++i) {
        scenario.events.push_back(draw_event(chance, rounds));
    }
    const int faults = chance.one_in(6) ? 0 : 1 + chance.below(scenario.disks ? 10 : 6);
    for (int i = 0; i < faults; ++i) {
        scenario.faults.push_back(draw_fault(chance, 60 * rounds, scenario.disks));
    }
    draw_circumstances(chance, scenario);
    draw_plots(seed, scenario);
    leave_out(scenario, without);
    std::stable_sort(scenario.faults.begin(), scenario.faults.end(), [](const Fault& a, const Fault& b) {
        return a.point < b.point;
    });
    std::stable_sort(scenario.events.begin(), scenario.events.end(), [](const Event& a, const Event& b) {
        return a.round < b.round;
    });
    return scenario;
}

}  // namespace edgecert::simulation
