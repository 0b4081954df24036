// What was done is there, whatever happens to the server afterwards.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/simulation/judge.h"

namespace edgecert::simulation {

namespace {

template <class Entry, class Same>
int differences(const std::vector<Entry>& before, const std::vector<Entry>& after, const Same& same) {
    int found =
        static_cast<int>(std::max(before.size(), after.size()) - std::min(before.size(), after.size()));
    for (const Entry& entry : before) {
        for (const Entry& other : after) {
            found += same(entry, other) && !(entry == other) ? 1 : 0;
        }
    }
    return found;
}

struct Allowed {
    int trust{};
    int personal{};
    int requests{};
    int roles{};
};

Allowed allowed_by(StoreOperation operation) {
    switch (operation) {
        case StoreOperation::trust:
        case StoreOperation::distrust:
            return {2, 0, 0, 0};
        case StoreOperation::create_request:
        case StoreOperation::keep_request:
        case StoreOperation::note_request:
        case StoreOperation::forget_request:
            return {0, 0, 1, 0};
        case StoreOperation::accept:
            return {0, 1, 1, 0};
        case StoreOperation::import_pfx:
        case StoreOperation::set_friendly_name:
            return {0, 1, 0, 0};
        case StoreOperation::assign:
        case StoreOperation::unassign:
            return {0, 2, 0, 1};
        case StoreOperation::note_role:
            return {0, 0, 0, 1};
        case StoreOperation::retire:
            return {0, 1, 0, 8};
        case StoreOperation::observe:
        case StoreOperation::lock:
        case StoreOperation::export_pfx:
        case StoreOperation::activate:
        case StoreOperation::handshake:
            return {};
    }
    return {};
}

}  // namespace

// Every operation is durable when it returns: whatever ended the one that was under way, all that others had
// done before is there.
void Judge::survived(const MemoryServer& server, const StoreState& before, StoreOperation operation) {
    count(0);
    const Allowed allowed = allowed_by(operation);
    const auto by_id = [](const auto& a, const auto& b) { return a.id == b.id; };
    // One that somebody put into Root is there twice.
    const auto by_kind = [](const TrustEntry& a, const TrustEntry& b) {
        return a.id == b.id && a.kind == b.kind;
    };
    const auto by_spki = [](const RequestEntry& a, const RequestEntry& b) {
        return a.pool == b.pool && a.name == b.name && a.spki == b.spki;
    };
    const auto by_role = [](const RoleRecord& a, const RoleRecord& b) { return a.role == b.role; };
    const StoreState& after = server.state;
    const bool kept = differences(before.trust, after.trust, by_kind) <= allowed.trust &&
                      differences(before.personal, after.personal, by_id) <= allowed.personal &&
                      differences(before.requests, after.requests, by_spki) <= allowed.requests &&
                      differences(before.roles, after.roles, by_role) <= allowed.roles;
    if (!kept || (!before.store_id.empty() && after.store_id != before.store_id)) {
        violate("durable",
                std::string(to_text(operation)) + " was interrupted on " + server.name +
                    ", and something else that was done there before is gone or changed");
    }
}

}  // namespace edgecert::simulation
