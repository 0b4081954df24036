// What the judge is told, and what it makes of it.
#include "tests/simulation/judge.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

std::set<std::string> names_of(const Fleet& fleet) {
    std::set<std::string> names(role_names().begin(), role_names().end());
    for (const AuthoritySpec& authority : fleet.authorities) {
        names.insert(authority.name);
    }
    for (const Pool& pool : fleet.pools) {
        names.insert(pool.name);
        for (const ServerSpec& server : pool.servers) {
            names.insert(server.name);
        }
        for (const CertificateSpec& certificate : pool.certificates) {
            names.insert(certificate.name);
        }
    }
    return names;
}

}  // namespace

Judge::Judge(SimWorld& world, const Fleet& fleet, Statistics& statistics)
    : world_(world), fleet_(fleet), statistics_(statistics) {}

void Judge::tell(const std::string& text) const {
    if (world_.tell) {
        world_.tell(text);
    }
}

void Judge::violate(const std::string& invariant, const std::string& text, const std::string& detail) {
    tell("!!! " + invariant + ": " + text + detail);
    if (!violation_) {
        violation_ = Violation{invariant, text, detail, names_of(fleet_)};
    }
}

void Judge::fault(const Fault& fault, const Where& where) {
    const auto kind = static_cast<std::size_t>(fault.kind);
    ++statistics_.faults.at(kind);
    ++faults_;
    const bool of_services =
        fault.kind == FaultKind::activation_fails || fault.kind == FaultKind::handshake_fails;
    other_faults_ += of_services ? 0 : 1;
    ++statistics_.coverage.at(static_cast<std::size_t>(action_)).at(kind);
    if (fault.kind == FaultKind::lost_answer && action_ == Action::wait) {
        ++disturbances_;  // a look that found nobody, where somebody is
    }
    others_ += fault.kind == FaultKind::other_controller ? 1 : 0;
    deceptions_ += fault.kind == FaultKind::person || fault.kind == FaultKind::other_controller ||
                           fault.kind == FaultKind::stale_read || fault.kind == FaultKind::node_lies
                       ? 1
                       : 0;
    switch (fault.kind) {
        case FaultKind::person:
        case FaultKind::other_controller:
        case FaultKind::denies:
        case FaultKind::grants_else:
        case FaultKind::clock_jump:
        case FaultKind::slow:
        case FaultKind::stale_read:
        case FaultKind::node_lies:
        case FaultKind::power_lost:
            ++disturbances_;
            break;
        case FaultKind::crash_before:
        case FaultKind::crash_midway:
        case FaultKind::crash_after:
        case FaultKind::node_away:
        case FaultKind::node_gone:
        case FaultKind::authority_away:
        case FaultKind::authority_gone:
        case FaultKind::lost_answer:
        case FaultKind::refused:
        case FaultKind::disk_error:
        case FaultKind::duplicated:
        case FaultKind::node_flaps:
        case FaultKind::activation_fails:
        case FaultKind::handshake_fails:
        case FaultKind::submission_lost:
            break;
    }
    if (world_.tell) {
        tell("    f" + std::to_string(fault.number) + " at point " + std::to_string(world_.point) + ": " +
             std::string(to_text(fault.kind)) + ", " + std::string(where.what) + " " +
             std::string(where.place));
    }
}

// More can be done now than was planned.
void Judge::returned(const std::string& place) {
    ++disturbances_;
    ++returns_;
    tell("    " + place + " can be reached again");
}

void Judge::run_begins(const SimController& by, const PlanInputs& inputs) {
    acts_at_start_ = world_.acts_of_people;
    if (!inputs.resubmit.empty()) {
        resubmits_[&by] = inputs;
    }
}

bool Judge::interlude(const Fault& fault, const std::string& /*place*/) {
    return on_interlude ? on_interlude(fault) : false;
}

std::pair<const Pool*, const ServerSpec*> Judge::place_of(const MemoryServer& server) const {
    for (const Pool& pool : fleet_.pools) {
        for (const ServerSpec& one : pool.servers) {
            if (one.store.directory == server.name) {
                return {&pool, &one};
            }
        }
    }
    return {nullptr, nullptr};
}

}  // namespace edgecert::simulation
