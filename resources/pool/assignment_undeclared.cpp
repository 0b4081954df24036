// Assignment, planned: roles of ours that nobody declares any more point at nothing.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "resources/pool/assignment.h"
#include "resources/pool/look.h"
#include "resources/pool/unneeded.h"

namespace edgecert {

namespace {

// What a role pointed at last is superseded from now on, unless another role here points at it.
void supersede_unused(const Planning& planning, StoreObservation& store, const CertificateId& was) {
    const bool used = std::any_of(store.roles.begin(), store.roles.end(), [&](const RoleRecord& record) {
        return record.assigned == was;
    });
    for (auto& entry : store.personal) {
        if (entry.id == was && entry.owned && !used) {
            entry.superseded = std::max(planning.now(), planning.valid_at());
        }
    }
}

void unassign(Planning& planning, const ServerSpec& server, const RoleRecord& record) {
    auto step = make_step(planning, Action::unassign_role, server.name, {});
    step.role = record.role;
    step.summary = "role " + record.role + " points at nothing any more";
    step.fields.push_back({"certificate", record.assigned, {}});
    step.reasons.push_back(
        {server.absent ? "server-absent" : "role-undeclared",
         server.absent ? "the server is declared absent" : "no certificate of the pool has this role",
         Cause::manifest,
         server.absent ? server.where : planning.pool.where});
    planning.add(std::move(step));
    auto& view = *reachable(planning.project(), server.name);
    const auto was = std::exchange(role_record_for(view, record.role).assigned, CertificateId{});
    supersede_unused(planning, view.store, was);
}

}  // namespace

void diff_undeclared(Planning& planning) {
    std::set<std::string> declared;
    for (const auto& spec : planning.pool.certificates) {
        declared.insert(spec.roles.begin(), spec.roles.end());
    }
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning.view(), server.name);
        if (view == nullptr || server.outside) {
            continue;
        }
        for (const auto& record : view->store.roles) {
            const bool ours =
                record.owned && is_in_charge(planning, server, record.pool) && !record.assigned.empty();
            if (ours && (server.absent || !declared.contains(record.role))) {
                unassign(planning, server, record);
            }
        }
    }
}

}  // namespace edgecert
