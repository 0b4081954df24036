// Draws a scenario from a seed: a fleet, and what happens to it.
#include "tests/simulation/scenario.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/fleets.h"

namespace edgecert::simulation {

namespace {

using std::chrono::days;

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
    scenario.guards = !without.contains("guards");
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
