// What the judge reads in a server's true state.
#pragma once

#include <string>

#include "tests/support/memory_store.h"

namespace edgecert::simulation {

inline std::string brief(const std::string& id) {
    return id.empty() ? "nothing" : id.substr(0, 8);
}

inline const PersonalEntry* held(const StoreState& state, const CertificateId& id) {
    for (const PersonalEntry& entry : state.personal) {
        if (entry.id == id) {
            return entry.key == KeyState::present ? &entry : nullptr;
        }
    }
    return nullptr;
}

inline const RoleRecord* record_of(const StoreState& state, const std::string& role) {
    for (const RoleRecord& record : state.roles) {
        if (record.role == role) {
            return &record;
        }
    }
    return nullptr;
}

inline CertificateId assigned(const StoreState& state, const std::string& role) {
    const RoleRecord* record = record_of(state, role);
    return record == nullptr ? "" : record->assigned;
}

}  // namespace edgecert::simulation
