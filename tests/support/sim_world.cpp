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
        case FaultKind::stale_read:
            return "stale read";
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

SimController::SimController(SimWorld& world, std::string name) : world_(world), name_(std::move(name)) {}

SimController::~SimController() = default;

void SimController::refuse_if_dead() const {
    if (dead_) {
        throw Crash{};
    }
}

Fault* SimController::fault_at(FaultKind kind, const Where& where) {
    if (world_.quiet) {
        return nullptr;
    }
    for (Fault& fault : world_.faults) {
        if (fault.point > world_.point) {
            return nullptr;
        }
        if (!fault.spent && fault.kind == kind) {
            fault.spent = true;
            world_.judge->fault(fault, where);
            return &fault;
        }
    }
    return nullptr;
}

// What may happen before anything else at a place, whatever is done there.
void SimController::point(const std::string& place, const Where& where, bool is_node) {
    refuse_if_dead();
    ++world_.point;
    if (const Fault* slow = fault_at(FaultKind::slow, where)) {
        world_.now += std::chrono::minutes{slow->length};
    }
    if (const Fault* jump = fault_at(FaultKind::clock_jump, where)) {
        world_.now += std::chrono::minutes{jump->length - 30};
    }
    if (const Fault* away = fault_at(is_node ? FaultKind::node_away : FaultKind::authority_away, where)) {
        world_.away[place] = world_.point + 1 + away->length;
    }
    if (fault_at(is_node ? FaultKind::node_gone : FaultKind::authority_gone, where) != nullptr) {
        world_.gone.insert(place);
    }
    if (!world_.quiet && !world_.in_interlude) {
        for (const FaultKind kind : {FaultKind::person, FaultKind::other_controller}) {
            if (const Fault* fault = fault_at(kind, where)) {
                world_.in_interlude = true;
                disturbed_ = world_.judge->interlude(*fault, place) || disturbed_;
                world_.in_interlude = false;
            }
        }
    }
    const auto until = world_.away.find(place);
    const bool away = !world_.quiet && until != world_.away.end() && until->second > world_.point;
    if (until != world_.away.end() && !away) {
        world_.away.erase(until);
        world_.judge->returned(place);
    }
    if (away || world_.gone.contains(place)) {
        throw Error(is_node ? "store-unreachable" : "authority-unreachable", place + " cannot be reached");
    }
}

void SimController::before(MemoryServer& server, StoreOperation operation) {
    const Where where{to_text(operation), server.name};
    point(server.name, where, true);
    if (fault_at(FaultKind::crash_before, where) != nullptr) {
        dead_ = true;
        throw Crash{};
    }
    if (!changes_store(operation)) {
        return;
    }
    if (fault_at(FaultKind::refused, where) != nullptr) {
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
