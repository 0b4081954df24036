// What happens to a controller's operation on a server with a disk when the disk fails, or the power does.
#include <string>

#include "engine/diagnostic/diagnostic.h"
#include "tests/support/file_store.h"
#include "tests/support/sim_world.h"

namespace edgecert {

namespace {

constexpr int calls_ahead = 40;

void arm(SimDisk& disk, SimWorld& world, SimWorld::DiskFault fault, DiskTrouble trouble) {
    const int tag = static_cast<int>(world.disk_faults.size());
    disk.arm(trouble, fault.what.subject % calls_ahead, 1 + fault.what.length % 4, tag);
    world.disk_faults.push_back(std::move(fault));
}

}  // namespace

// A disk's trouble comes somewhere among the calls of the operation, or of the next ones.
void SimController::trouble(MemoryServer& server, StoreOperation operation) {
    server.disk->begin();
    if (!changes_store(operation)) {
        return;
    }
    const auto take = [&](FaultKind kind, DiskTrouble trouble) {
        if (Fault* fault = due(kind)) {
            fault->spent = true;
            const bool only_syncs = trouble == DiskTrouble::error && fault->subject % 3 == 0;
            arm(*server.disk, world_, {*fault, fault, false}, only_syncs ? DiskTrouble::sync : trouble);
        }
    };
    take(FaultKind::disk_error, DiskTrouble::error);
    take(FaultKind::refused, DiskTrouble::full);
    take(FaultKind::crash_midway, DiskTrouble::death);
    take(FaultKind::power_lost, DiskTrouble::power);
}

// It has happened now, whenever it was armed, and to the action that is under way now.
void SimController::meet(const SimDisk& disk, const Where& where) {
    SimWorld::DiskFault& fault = world_.disk_faults.at(static_cast<std::size_t>(disk.met_tag()));
    if (!fault.met) {
        fault.met = true;
        world_.judge->fault(fault.what, where);
    }
}

// What was aimed at an action and did not come while that ran, comes earlier in the next one of its kind.
void SimController::aim_again(SimDisk& disk) {
    for (std::size_t tag = 0; tag < world_.disk_faults.size(); ++tag) {
        SimWorld::DiskFault& fault = world_.disk_faults[tag];
        const bool aimed = !fault.met && fault.from != nullptr && !fault.what.aim.empty();
        if (aimed && disk.take_back(static_cast<int>(tag))) {
            fault.from->spent = false;
            fault.from->subject = fault.from->subject % calls_ahead / 2;
        }
    }
}

void SimController::interrupted(MemoryServer& server, StoreOperation operation, bool failed) {
    const DiskTrouble met = server.disk->met();
    if (met != DiskTrouble::none) {
        meet(*server.disk, {to_text(operation), server.name});
    }
    aim_again(*server.disk);
    if (met == DiskTrouble::power) {
        server.disk->lose_power([this](int count) { return world_.chance.below(count); });
    }
    if (met == DiskTrouble::death || met == DiskTrouble::power) {
        server.disk->revive();
    }
    if (!changes_store(operation) && met == DiskTrouble::none) {
        return;
    }
    read_back(server, world_.cache);
    if (met == DiskTrouble::death) {
        dead_ = true;
    }
    if (failed || met != DiskTrouble::none) {
        world_.judge->changed(server, before_, operation, *this);
        if (!server.unsettled) {
            world_.judge->survived(server, before_, operation);
        }
    }
    server.unsettled = met != DiskTrouble::power && (server.unsettled || failed);
    if ((met == DiskTrouble::error || met == DiskTrouble::sync) && world_.chance.one_in(2) && !world_.quiet) {
        // A disk that fails is often not alone.
        Fault cut = world_.disk_faults.at(static_cast<std::size_t>(server.disk->met_tag())).what;
        cut.kind = FaultKind::power_lost;
        cut.aim = {};
        cut.subject = world_.chance.below(20);
        arm(*server.disk, world_, {cut, nullptr, false}, DiskTrouble::power);
    }
    if (met == DiskTrouble::death) {
        throw Crash{};
    }
    if (met == DiskTrouble::power) {
        throw Error("store-unreachable", server.name + " lost its power");
    }
}

}  // namespace edgecert
