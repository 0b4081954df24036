// Plots: what has to come together before something rare can go wrong.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/aims.h"
#include "tests/simulation/events.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

constexpr int day = 24 * 60;  // minutes

// Each round's happenings, one round after the other, with days between them.
struct Plot {
    std::vector<std::vector<Happening>> rounds{};
    int days_between{};
};

const std::vector<Plot>& plots() {
    static const std::vector<Plot> list{
        {{{Happening::share_certificate, Happening::friendly_name}}, 0},
        {{{Happening::move_authority}}, 0},
        {{{}, {Happening::move_authority, Happening::cut_off}}, 0},
        {{{Happening::hand_over}}, 0},
        {{{}, {Happening::friendly_name, Happening::add_server}}, 0},
        {{{}, {Happening::friendly_name, Happening::new_machine}}, 0},
        {{{Happening::satisfying_by_hand}, {Happening::delete_foreign_key}}, 0},
        {{{}, {Happening::retire_after, Happening::add_name}, {Happening::take_back}}, 15},
        {{{}, {Happening::cut_off}}, 0},
    };
    return list;
}

void add_plot(Chance& chance, const Plot& plot, Scenario& scenario) {
    const int spare = std::max(0, static_cast<int>(scenario.pauses.size() - plot.rounds.size()));
    const int first = chance.below(spare + 1);
    for (std::size_t i = 0; i < plot.rounds.size(); ++i) {
        const std::size_t round = static_cast<std::size_t>(first) + i;
        if (round >= scenario.pauses.size()) {
            scenario.pauses.push_back(0);
            scenario.targets.emplace_back();
            scenario.others.push_back(0);
        }
        scenario.pauses[round] =
            i > 0 && plot.days_between > 0 ? plot.days_between * day : scenario.pauses[round];
        for (const Happening what : plot.rounds[i]) {
            scenario.events.push_back({static_cast<int>(round), what, chance.next(), 0});
        }
    }
}

ServerSpec* some_present(Pool& pool, Chance& chance) {
    std::vector<ServerSpec*> found;
    for (ServerSpec& server : pool.servers) {
        if (!server.absent && !server.outside) {
            found.push_back(&server);
        }
    }
    return found.empty() ? nullptr
                         : found[static_cast<std::size_t>(chance.below(static_cast<int>(found.size())))];
}

void cut(SimWorld& world, const std::string& place, Chance& chance) {
    world.away[place] = world.point + 20 + chance.below(150);
}

// Under another name, for a role that nobody has yet.
std::string share_certificate(Pool& pool, Chance& chance) {
    std::vector<std::string> free = role_names();
    for (const CertificateSpec& one : pool.certificates) {
        std::erase_if(free, [&](const std::string& role) {
            return std::find(one.roles.begin(), one.roles.end(), role) != one.roles.end();
        });
    }
    const bool twice = std::any_of(pool.certificates.begin(),
                                   pool.certificates.end(),
                                   [](const CertificateSpec& one) { return one.name == "twin"; });
    if (free.empty() || twice) {
        return "";
    }
    CertificateSpec twin = pool.certificates.front();
    twin.name = chance.one_in(2) ? "twin" : "a-twin";
    twin.roles = {free.front()};
    twin.friendly_name = "Edge twin";
    pool.certificates.push_back(std::move(twin));
    return free.front();
}

std::string move_authority(Pool& pool, const Fleet& fleet, Chance& chance) {
    std::vector<std::string> others;
    const std::string was = pool.certificates.front().requirement.authority;
    for (const AuthoritySpec& authority : fleet.authorities) {
        if (authority.issues() && authority.name != was) {
            others.push_back(authority.name);
        }
    }
    if (others.empty()) {
        return "";
    }
    const std::string& to = others[static_cast<std::size_t>(chance.below(static_cast<int>(others.size())))];
    for (CertificateSpec& spec : pool.certificates) {
        spec.requirement.authority = to;
    }
    pool.authorities = {to};
    return was + " → " + to;
}

// The new one is there and bare; whoever stays has to bring everything to it, and cannot yet.
std::string hand_over(Pool& pool, SimWorld& world, Chance& chance) {
    ServerSpec* old = some_present(pool, chance);
    if (old == nullptr || pool.servers.size() > 3) {
        return "";
    }
    const std::string leaves = old->name;
    old->absent = true;
    old->maintenance = false;
    const std::string name = "edge0" + std::to_string(5 + chance.below(4));
    std::erase_if(pool.servers, [&](const ServerSpec& one) { return one.name == name; });
    pool.servers.insert(pool.servers.begin(), make_server(pool, name));
    cut(world, pool.servers.front().store.directory, chance);
    return leaves + " → " + name;
}

}  // namespace

bool is_by_people(Happening happening) {
    return (happening >= Happening::delete_key && happening <= Happening::lose_authority) ||
           happening >= Happening::cut_off;
}

void draw_plots(std::uint64_t seed, Scenario& scenario) {
    Chance chance(seed ^ 0x91075ULL);
    const int points = 60 * static_cast<int>(scenario.pauses.size());
    if (chance.one_in(3)) {
        add_plot(chance,
                 plots().at(static_cast<std::size_t>(chance.below(static_cast<int>(plots().size())))),
                 scenario);
    }
    const int aimed = chance.one_in(2) ? 1 + chance.below(3) : 0;
    for (int i = 0; i < aimed; ++i) {
        scenario.faults.push_back(draw_aimed(chance, points, scenario.disks));
    }
    draw_rare(seed, scenario);
}

std::string edit_in_plot(Happening what, Chance& chance, const Fleet& fleet, Pool& pool, SimWorld& world) {
    if (what == Happening::share_certificate) {
        return share_certificate(pool, chance);
    }
    return what == Happening::move_authority ? move_authority(pool, fleet, chance)
                                             : hand_over(pool, world, chance);
}

std::string act_in_plot(Happening what, Chance& chance, SimWorld& world, MemoryServer& server) {
    if (what == Happening::cut_off) {
        cut(world, server.name, chance);
        return "for a while";
    }
    if (what == Happening::delete_foreign_key) {
        for (PersonalEntry& entry : server.state.personal) {
            if (!entry.owned && entry.key == KeyState::present) {
                entry.key = KeyState::absent;
                server.state.personal_keys.erase(entry.id);
                return entry.id.str().substr(0, 8);
            }
        }
        return "";
    }
    for (RoleRecord& record : server.state.roles) {
        const CertificateId now = record.assigned;
        for (const PersonalEntry& entry : server.state.personal) {
            const bool back = entry.id == record.previous;
            if (!now.empty() && entry.id != now && entry.key == KeyState::present &&
                (back || what == Happening::repoint_by_hand)) {
                record.assigned = entry.id;
                record.owned = false;
            }
        }
        if (record.assigned == now) {
            continue;
        }
        if (!server.activates) {
            server.in_effect[record.role] = record.assigned;
        }
        if (what == Happening::take_back) {
            cut(world, server.name, chance);
        }
        return record.role + " → " + record.assigned.str().substr(0, 8);
    }
    return "";
}

}  // namespace edgecert::simulation
