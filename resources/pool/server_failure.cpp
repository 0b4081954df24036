// Failures of one server, told from those of a switch by what the pool's role records say.
#include "resources/pool/server_failure.h"

#include <algorithm>

#include "engine/text/digest.h"
#include "engine/text/mutant.h"
#include "resources/pool/assignment.h"
#include "resources/pool/look.h"

namespace edgecert {

std::string no_checks() {
    return checks_digest({}, {});
}

bool was_seen_through(const RoleRecord& record, const CertificateId& id) {
    return record.assigned == id && !record.dangling &&
           (record.verified == id || record.verified_checks == no_checks());
}

std::string failure_digest(const CertificateSpec& spec, const std::string& server) {
    return Digest("edgecert.server-failure/1")
        .field(digest(spec.requirement))
        .field(checks_digest(spec, server))
        .hex();
}

std::vector<Rejection> failures_of(const Planning& planning,
                                   const CertificateSpec& spec,
                                   const std::string& server) {
    std::vector<Rejection> found;
    const auto* view = reachable(planning.view(), server);
    if (view == nullptr) {
        return found;
    }
    const bool retried = addressed(planning.inputs.retry, planning.pool, spec);
    for (const auto& role : spec.roles) {
        const auto* record = role_record(*view, role);
        if (record == nullptr || record->rejected.empty()) {
            continue;
        }
        const auto here = failure_digest(spec, server);
        for (const auto& failure : record->rejected) {
            const bool forgiven = retried && failure.at < planning.now();
            if (failure.requirement == here && !forgiven) {
                found.push_back(failure);
            }
        }
    }
    return found;
}

bool has_failed(const Planning& planning,
                const CertificateSpec& spec,
                const std::string& server,
                const CertificateId& id) {
    const auto all = failures_of(planning, spec, server);
    return std::any_of(
        all.begin(), all.end(), [&](const Rejection& failure) { return failure.certificate == id; });
}

namespace {

// A run that was killed on the pool's way leaves the servers that it switched seen through, and the last one
// still to switch: what fails there is the switch, which goes back everywhere. So a failure may be a server's
// own only where it was seen through with the certificate before, or had nothing that it could go back to.
bool is_behind_its_switch(const Planning& present, const Step& step, const CertificateId& id) {
    const auto* view = reachable(present.view(), step.server);
    const auto* record = view == nullptr ? nullptr : role_record(*view, step.role);
    return record != nullptr &&
           (was_seen_through(*record, id) || !can_go_back(present, *view, record->previous));
}

}  // namespace

bool is_failure_of_server(const Planning& present,
                          const CertificateSpec& spec,
                          const Step& step,
                          const CertificateId& id,
                          const Switches& of_this_run) {
    if (!is_behind_its_switch(present, step, id) && !EDGECERT_MUTANT(failure_in_switch_stays)) {
        return false;
    }
    bool serves = false;
    for (const auto& server : present.pool.servers) {
        const auto* view = in_barrier(server) ? reachable(present, server) : nullptr;
        const auto* record = view == nullptr ? nullptr : role_record(*view, step.role);
        if (record == nullptr) {
            continue;
        }
        if (record->assigned == id) {
            const bool told = server.name == step.server || !view->store.activates || record->activated == id;
            serves = serves || (told && was_seen_through(*record, id) &&
                                (!of_this_run.contains({server.name, step.role, id}) ||
                                 EDGECERT_MUTANT(failure_in_switch_stays)));
        } else if (!takes_nothing_out(present, *view, step.role, id) &&
                   !has_failed(present, spec, server.name, id)) {
            return false;  // the pool is still being switched
        }
    }
    return serves && !EDGECERT_MUTANT(failure_of_one_for_all);
}

}  // namespace edgecert
