// Faults that aim at an action, and the actions that are rare enough to need a reason.
#include "tests/simulation/aims.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/step.h"
#include "tests/simulation/coverage.h"

namespace edgecert::simulation {

namespace {

// Kinds that a step can meet while it runs.
FaultKind kind_for_an_aim(Chance& chance) {
    static const std::vector<FaultKind> kinds{FaultKind::crash_before,
                                              FaultKind::crash_midway,
                                              FaultKind::crash_after,
                                              FaultKind::node_away,
                                              FaultKind::node_flaps,
                                              FaultKind::authority_away,
                                              FaultKind::lost_answer,
                                              FaultKind::refused,
                                              FaultKind::disk_error,
                                              FaultKind::duplicated,
                                              FaultKind::stale_read,
                                              FaultKind::node_lies,
                                              FaultKind::slow,
                                              FaultKind::clock_jump,
                                              FaultKind::person,
                                              FaultKind::person,
                                              FaultKind::person,
                                              FaultKind::other_controller,
                                              FaultKind::activation_fails,
                                              FaultKind::handshake_fails};
    return kinds.at(static_cast<std::size_t>(chance.below(static_cast<int>(kinds.size()))));
}

}  // namespace

Fault draw_aimed(Chance& chance, int points, bool disks) {
    Fault fault;
    fault.kind = disks && chance.one_in(4) ? FaultKind::power_lost : kind_for_an_aim(chance);
    const auto& every = all_actions();
    const auto action = every.at(static_cast<std::size_t>(chance.below(static_cast<int>(every.size()))));
    fault.aim = fault.kind == FaultKind::activation_fails  ? to_text(Action::activate_role)
                : fault.kind == FaultKind::handshake_fails ? to_text(Action::verify_role)
                : action == Action::wait                   ? to_text(Action::assign_role)
                                                           : to_text(action);
    fault.point = chance.below(points);
    fault.length = 1 + chance.below(chance.one_in(3) ? 60 : 8);
    fault.subject = chance.below(1 << 30);
    return fault;
}

namespace {

template <class Item>
const Item& pick(const std::vector<Item>& items, Chance& chance) {
    return items.at(static_cast<std::size_t>(chance.below(static_cast<int>(items.size()))));
}

// What in the manifests, or by people, makes the action needed.
std::optional<Happening> cause_of(Action action, Chance& chance) {
    switch (action) {
        case Action::distrust:
            return pick<Happening>(
                {Happening::move_authority, Happening::trust_less, Happening::server_absent}, chance);
        case Action::retire_certificate:
            return Happening::server_absent;
        case Action::unassign_role:
            return pick<Happening>({Happening::remove_role, Happening::server_absent}, chance);
        case Action::set_friendly_name:
            return Happening::friendly_name;
        case Action::verify_role:
            return Happening::verification;
        case Action::transfer_certificate:
            return Happening::add_server;
        case Action::create_authority:
        case Action::trust_root:
        case Action::trust_intermediate:
        case Action::create_request:
        case Action::submit_request:
        case Action::collect_certificate:
        case Action::install_certificate:
        case Action::assign_role:
        case Action::activate_role:
        case Action::wait:
            break;
    }
    return std::nullopt;
}

Fault draw_rare_fault(Chance& chance, const Scenario& scenario) {
    // Twice where little is done.
    static const std::vector<Action> rare{Action::create_authority,
                                          Action::distrust,
                                          Action::set_friendly_name,
                                          Action::unassign_role,
                                          Action::retire_certificate,
                                          Action::install_certificate,
                                          Action::verify_role,
                                          Action::activate_role,
                                          Action::transfer_certificate};
    Fault fault;
    Action action = Action::wait;
    do {
        action = chance.one_in(3) ? pick(all_actions(), chance) : pick(rare, chance);
        fault.kind = static_cast<FaultKind>(chance.below(static_cast<int>(fault_kinds)));
    } while (!can_meet(action, fault.kind) || (fault.kind == FaultKind::power_lost && !scenario.disks));
    fault.aim = action == Action::wait ? std::string_view{} : to_text(action);
    fault.length = 1 + chance.below(8);
    fault.subject = chance.below(1 << 30);
    return fault;
}

void bring_about(std::string_view aim, Chance& chance, Scenario& scenario) {
    if (aim == to_text(Action::create_authority)) {
        for (AuthorityPlan& plan : scenario.authorities) {
            plan.ca.exists = plan.ca.exists && plan.ca.kind != SimCaKind::local;
        }
    }
    for (const Action action : all_actions()) {
        const auto cause = to_text(action) == aim ? cause_of(action, chance) : std::nullopt;
        if (!cause) {
            continue;
        }
        if (scenario.pauses.size() < 2) {
            scenario.pauses.push_back(60);
            scenario.targets.emplace_back();
            scenario.others.push_back(0);
        }
        const int later = chance.below(static_cast<int>(scenario.pauses.size()) - 1);
        scenario.events.push_back({1 + later, *cause, chance.next(), 0});
    }
}

bool is_of_authorities(FaultKind kind) {
    return kind == FaultKind::authority_away || kind == FaultKind::authority_gone ||
           kind == FaultKind::denies;
}

// Behind steps for servers CAs are asked when one failed, and when they work on another request still.
void let_them_be_asked(const Fault& fault, Chance& chance, Scenario& scenario) {
    Fault failure = fault;
    failure.kind = FaultKind::lost_answer;
    scenario.faults.push_back(failure);
    for (AuthorityPlan& plan : scenario.authorities) {
        plan.ca.patience = plan.ca.kind == SimCaKind::manual ? 1 + chance.below(3) : plan.ca.patience;
    }
    const int round = chance.below(static_cast<int>(scenario.pauses.size()));
    scenario.events.push_back({round, Happening::add_certificate, chance.next(), 0});
}

}  // namespace

void draw_rare(std::uint64_t seed, Scenario& scenario) {
    Chance chance(seed ^ 0x3a3e5eedULL);
    if (!scenario.disks && !chance.one_in(3)) {
        return;
    }
    const int count = scenario.disks ? 3 : 1;
    for (int i = 0; i < count; ++i) {
        const Fault fault = draw_rare_fault(chance, scenario);
        scenario.faults.push_back(fault);
        bring_about(fault.aim, chance, scenario);
        if (is_of_authorities(fault.kind)) {
            let_them_be_asked(fault, chance, scenario);
        }
    }
}

}  // namespace edgecert::simulation
