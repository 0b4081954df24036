// A controller's way through the simulated world: every operation passes its points, and anything may happen
// there.
#include "tests/support/sim_world.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {

std::string_view to_text(FaultKind kind) {
    switch (kind) {
        case FaultKind::crash_before:
            return "crash before";
        case FaultKind::crash_midway:
            return "crash midway";
        case FaultKind::crash_after:
            return "crash after";
        case FaultKind::node_away:
            return "node away";
        case FaultKind::node_gone:
            return "node gone";
        case FaultKind::authority_away:
            return "CA away";
        case FaultKind::authority_gone:
            return "CA gone";
        case FaultKind::lost_answer:
            return "answer lost";
        case FaultKind::refused:
            return "cannot write";
        case FaultKind::disk_error:
            return "disk error";
        case FaultKind::power_lost:
            return "power lost";
        case FaultKind::duplicated:
            return "sent twice";
        case FaultKind::stale_read:
            return "stale read";
        case FaultKind::node_lies:
            return "node lies";
        case FaultKind::node_flaps:
            return "node flaps";
        case FaultKind::slow:
            return "slow";
        case FaultKind::clock_jump:
            return "clock jumps";
        case FaultKind::activation_fails:
            return "activation fails";
        case FaultKind::handshake_fails:
            return "handshake fails";
        case FaultKind::submission_lost:
            return "submission lost";
        case FaultKind::denies:
            return "CA denies";
        case FaultKind::grants_else:
            return "CA grants else";
        case FaultKind::person:
            return "person";
        case FaultKind::other_controller:
            return "other controller";
    }
    return "";
}

std::uint64_t Chance::next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
}

int Chance::below(int count) {
    return count <= 1 ? 0 : static_cast<int>(next() % static_cast<std::uint64_t>(count));
}

SimController::SimController(SimWorld& world, std::string name, Seconds fast)
    : world_(world), name_(std::move(name)), fast_(fast), acts_at_begin_(world.acts_of_people) {}

SimController::~SimController() = default;

void SimController::refuse_if_dead() const {
    if (dead_) {
        throw Crash{};
    }
}

Fault* SimController::due(FaultKind kind) {
    if (world_.quiet) {
        return nullptr;
    }
    for (Fault& fault : world_.faults) {
        if (fault.point > world_.point) {
            return nullptr;
        }
        const bool aimed = fault.aim.empty() || fault.aim == world_.doing;
        if (!fault.spent && fault.kind == kind && aimed) {
            return &fault;
        }
    }
    return nullptr;
}

Fault* SimController::fault_at(FaultKind kind, const Where& where) {
    Fault* fault = due(kind);
    if (fault != nullptr) {
        fault->spent = true;
        world_.judge->fault(*fault, where);
    }
    return fault;
}

void SimController::pass_time(const Where& where) {
    if (const Fault* slow = fault_at(FaultKind::slow, where)) {
        world_.now += std::chrono::minutes{slow->length};
    }
    if (const Fault* jump = fault_at(FaultKind::clock_jump, where)) {
        const std::chrono::minutes far{(jump->subject % 2000) - 1000};
        world_.latest = std::max(world_.latest, world_.now);
        world_.now += jump->subject % 3 == 0 ? far * 10 : std::chrono::minutes{jump->length - 30};
    }
}

void SimController::lose_touch(const std::string& place, const Where& where, bool is_node) {
    if (const Fault* away = fault_at(is_node ? FaultKind::node_away : FaultKind::authority_away, where)) {
        const int times = !is_node && away->subject % 3 == 0 ? 20 : 1;  // a CA may be away for days
        world_.away[place] = world_.point + 1 + times * away->length;
    }
    const Fault* flaps = is_node ? fault_at(FaultKind::node_flaps, where) : nullptr;
    if (flaps != nullptr) {
        world_.flapping[place] = world_.point + 4 * flaps->length;
    }
    if (fault_at(is_node ? FaultKind::node_gone : FaultKind::authority_gone, where) != nullptr) {
        world_.gone.insert(place);
    }
    const auto until = world_.away.find(place);
    const bool away = !world_.quiet && until != world_.away.end() && until->second > world_.point;
    if (until != world_.away.end() && !away) {
        world_.away.erase(until);
        world_.judge->returned(place);
    }
    const auto flapping = world_.flapping.find(place);
    const bool flapped = !world_.quiet && flapping != world_.flapping.end() &&
                         flapping->second > world_.point && world_.chance.one_in(2);
    if (flapped) {
        world_.judge->returned(place);  // and back, and away: whatever was planned has another ground
    }
    if (away || flapped || world_.gone.contains(place)) {
        throw Error(is_node ? "store-unreachable" : "authority-unreachable", place + " cannot be reached");
    }
}

void SimController::let_others_act(const std::string& place, const Where& where) {
    if (world_.quiet || world_.in_interlude) {
        return;
    }
    for (const FaultKind kind : {FaultKind::person, FaultKind::other_controller}) {
        if (const Fault* fault = fault_at(kind, where)) {
            world_.in_interlude = true;
            world_.judge->interlude(*fault, place);
            world_.in_interlude = false;
        }
    }
}

// What may happen before anything else at a place, whatever is done there.
void SimController::point(const std::string& place, const Where& where, bool is_node) {
    refuse_if_dead();
    if (world_.pass_the_turn) {
        world_.pass_the_turn();
    }
    ++world_.point;
    pass_time(where);
    let_others_act(place, where);
    lose_touch(place, where, is_node);
}

bool SimController::wait_for_lock(MemoryServer& /*server*/) {
    if (!world_.pass_the_turn) {
        return false;
    }
    world_.now += Seconds{1};
    world_.pass_the_turn();
    return true;
}

bool SimController::repeats(MemoryServer& server, StoreOperation operation) {
    return changes_store(operation) &&
           fault_at(FaultKind::duplicated, {to_text(operation), server.name}) != nullptr;
}

void SimController::before(MemoryServer& server, StoreOperation operation) {
    const Where where{to_text(operation), server.name};
    in_touch_.erase(server.name);
    point(server.name, where, true);
    in_touch_.insert(server.name);
    if (fault_at(FaultKind::crash_before, where) != nullptr) {
        dead_ = true;
        throw Crash{};
    }
    if (!changes_store(operation)) {
        return;
    }
    if (server.disk == nullptr && fault_at(FaultKind::refused, where) != nullptr) {
        throw Error("store-refused", "no space left on " + server.name);
    }
    before_ = server.state;
}

void SimController::midway(MemoryServer& server, StoreOperation operation) {
    const Where where{to_text(operation), server.name};
    if (fault_at(FaultKind::crash_midway, where) != nullptr) {
        dead_ = true;
        world_.judge->changed(server, before_, operation, *this);
        throw Crash{};
    }
    if (fault_at(FaultKind::disk_error, where) != nullptr) {
        world_.judge->changed(server, before_, operation, *this);
        throw Error("store-refused", "an input/output error on " + server.name);
    }
}

void SimController::after(MemoryServer& server, StoreOperation operation) {
    const Where where{to_text(operation), server.name};
    if (changes_store(operation)) {
        ++world_.writes;
        world_.earlier[server.name] = before_;
        world_.judge->changed(server, before_, operation, *this);
    }
    if (fault_at(FaultKind::crash_after, where) != nullptr) {
        dead_ = true;
        throw Crash{};
    }
    if (operation != StoreOperation::observe && fault_at(FaultKind::lost_answer, where) != nullptr) {
        throw Error("store-unreachable", "the connection to " + server.name + " broke");
    }
}

void SimController::before_authority(const std::string& authority, std::string_view operation) {
    const Where where{operation, authority};
    point("ca/" + authority, where, false);
    if (fault_at(FaultKind::crash_before, where) != nullptr) {
        dead_ = true;
        throw Crash{};
    }
}

void SimController::after_authority(const std::string& authority, std::string_view operation, bool changes) {
    const Where where{operation, authority};
    if (changes) {
        ++world_.writes;
    }
    if (fault_at(FaultKind::crash_after, where) != nullptr) {
        dead_ = true;
        throw Crash{};
    }
    if (changes && fault_at(FaultKind::lost_answer, where) != nullptr) {
        throw Error("authority-unreachable", "the connection to " + authority + " broke");
    }
}

}  // namespace edgecert
