// What a person does to a store in a folder, with nothing but a shell.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/file_store.h"

namespace edgecert {

namespace {

namespace fs = std::filesystem;

void write_file_by_hand(const fs::path& path, std::string_view bytes, bool secret) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    file.close();
    if (secret) {
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    }
}

void write_personal(const fs::path& folder, const StoreState& before, const StoreState& after) {
    StoreState old = before;
    for (const PersonalEntry& entry : after.personal) {
        const fs::path place = folder / "personal" / entry.id.str();
        const PersonalEntry* was = find_entry(old, entry.id);
        const auto key = after.personal_keys.find(entry.id);
        if (was == nullptr) {
            write_file_by_hand(place / "certificate.pem", x509::to_pem(*entry.certificate), false);
        }
        if (entry.key == KeyState::present && key != after.personal_keys.end() &&
            (was == nullptr || was->key != KeyState::present)) {
            write_file_by_hand(place / "key.pem", key->second->pem.view(), true);
        } else if (entry.key == KeyState::absent && was != nullptr && was->key != KeyState::absent) {
            fs::remove(place / "key.pem");
        }
    }
    StoreState now = after;
    for (const PersonalEntry& entry : before.personal) {
        if (find_entry(now, entry.id) == nullptr) {
            fs::remove_all(folder / "personal" / entry.id.str());
        }
    }
}

void write_roles(const fs::path& folder, const StoreState& before, const StoreState& after) {
    StoreState old = before;
    for (const RoleRecord& record : after.roles) {
        const RoleRecord* was = find_role_record(old, record.role);
        if ((was == nullptr ? CertificateId() : was->assigned) == record.assigned) {
            continue;
        }
        const fs::path link = folder / "roles" / record.role;
        fs::create_directories(link.parent_path());
        fs::remove(link);
        if (!record.assigned.empty()) {
            fs::create_symlink("../personal/" + record.assigned, link);
        }
    }
}

void write_trust(const fs::path& folder, const StoreState& before, const StoreState& after) {
    for (const TrustKind kind : {TrustKind::root, TrustKind::intermediate}) {
        const std::string name = kind == TrustKind::root ? "root" : "intermediate";
        StoreState old = before;
        StoreState now = after;
        for (const TrustEntry& entry : after.trust) {
            if (entry.kind == kind && find_entry(old, kind, entry.id) == nullptr) {
                write_file_by_hand(folder / name / ("by-hand-" + entry.id.str().substr(0, 16) + ".pem"),
                                   x509::to_pem(*entry.certificate),
                                   false);
            }
        }
        bool gone = false;
        std::string bundle;
        for (const TrustEntry& entry : before.trust) {
            if (entry.kind == kind && find_entry(now, kind, entry.id) == nullptr) {
                gone = true;
                fs::remove(folder / name / (entry.id + ".pem"));
                fs::remove(folder / name / (entry.id + ".json"));
                fs::remove(folder / name / ("by-hand-" + entry.id.str().substr(0, 16) + ".pem"));
            }
        }
        for (const TrustEntry& entry : after.trust) {
            bundle += entry.kind == kind ? x509::to_pem(*entry.certificate) : "";
        }
        if (gone) {
            write_file_by_hand(folder / (name + ".pem"), bundle, false);
        }
    }
}

}  // namespace

void write_by_hand(MemoryServer& server, const StoreState& before, x509::CertificateCache& cache) {
    const StoreState after = server.state;
    const fs::path& folder = server.disk->folder();
    if (after == StoreState{}) {
        for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
            fs::remove_all(entry.path());
        }
    } else {
        write_personal(folder, before, after);
        write_roles(folder, before, after);
        write_trust(folder, before, after);
        StoreState now = after;
        for (const RequestEntry& request : before.requests) {
            if (find_entry(now, RequestKey{request.pool, request.name, request.spki}) == nullptr) {
                fs::remove_all(folder / "requests" / request.pool / request.name / request.spki);
            }
        }
        if (after.findings != before.findings) {
            write_file_by_hand(folder / "personal" / "notes.txt", "nobody knows what this is\n", false);
        }
    }
    server.disk->adopt();
    read_back(server, cache);
}

}  // namespace edgecert
