// People who bring, take and damage certificates by hand.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/events.h"
#include "tests/simulation/people.h"
#include "tests/support/file_store.h"

namespace edgecert::simulation {

void exist(MemoryServer& server, SimWorld& world) {
    if (!server.state.exists) {
        server.state.exists = true;
        server.state.store_id = "store-" + std::to_string(++world.next_store);
    }
}

void look_for_dangling(MemoryServer& server) {
    for (RoleRecord& record : server.state.roles) {
        record.dangling = !record.assigned.empty() && find_entry(server.state, record.assigned) == nullptr;
    }
}

namespace {

using std::chrono::days;

PersonalEntry made_by_hand(SimWorld& world,
                           const std::string& authority,
                           int generation,
                           Instant born,
                           const LeafOrder& shape,
                           x509::KeyKind kind,
                           MemoryServer& server) {
    const KeyRef key = world.mint.key(kind, 1000 + world.next_key++);
    LeafOrder order = shape;
    order.spki_der = key->spki_der;
    order.not_before = world.now - days{1};
    order.not_after = world.now + days{80};
    order.serial = "77";
    PersonalEntry entry;
    entry.certificate = world.mint.leaf(authority, generation, born, order);
    entry.id = entry.certificate->sha256;
    entry.key = KeyState::present;
    entry.exportable = true;
    entry.friendly_name = "brought by hand";
    server.state.personal_keys[entry.id] = key;
    return entry;
}

}  // namespace

std::string install_by_hand(
    Happening what, Chance& chance, const Fleet& fleet, SimWorld& world, MemoryServer& server) {
    LeafOrder order;
    order.subject.common_name = "foreign.example.net";
    order.names.dns = {"foreign.example.net"};
    std::string authority = "partner";
    int generation = 0;
    Instant born = beginning() - days{300};
    x509::KeyKind kind{x509::KeyAlgorithm::ecdsa, 256};
    if (what == Happening::satisfying_by_hand) {
        for (const Pool& pool : fleet.pools) {
            if (!server.name.starts_with("/sim/" + pool.name + "/") || pool.certificates.empty()) {
                continue;
            }
            const Requirement& requirement =
                pool.certificates
                    .at(static_cast<std::size_t>(chance.below(static_cast<int>(pool.certificates.size()))))
                    .requirement;
            const auto ca = world.authorities.find(requirement.authority);
            if (ca == world.authorities.end() || !ca->second->exists) {
                continue;
            }
            order.subject = requirement.subject;
            order.names = requirement.names;
            order.extended_key_usage = requirement.extended_key_usage;
            kind = requirement.key;
            authority = ca->second->name;
            generation = ca->second->generation;
            born = ca->second->born;
        }
    }
    exist(server, world);
    const PersonalEntry entry = made_by_hand(world, authority, generation, born, order, kind, server);
    put(server.state, entry);
    look_for_dangling(server);
    return entry.id.str().substr(0, 8) + " of " + authority;
}

std::string act_on_certificates(Happening what, Chance& chance, SimWorld& world, MemoryServer& server) {
    StoreState& state = server.state;
    if (what == Happening::unassign_by_hand || what == Happening::point_by_hand) {
        PersonalEntry* entry = one_of(state.personal, chance);
        const std::string role =
            role_names().at(static_cast<std::size_t>(chance.below(static_cast<int>(role_names().size()))));
        RoleRecord* record = find_role_record(state, role);
        if (what == Happening::unassign_by_hand ? record == nullptr || record->assigned.empty()
                                                : entry == nullptr) {
            return "";
        }
        RoleRecord changed = record == nullptr ? RoleRecord{} : *record;
        changed.role = role;
        changed.assigned = what == Happening::unassign_by_hand ? CertificateId() : entry->id;
        changed.owned = changed.owned && record != nullptr && record->assigned == changed.assigned;
        put(state, changed);
        look_for_dangling(server);
        if (!server.activates) {
            server.in_effect[role] = changed.assigned;
        }
        return role + (changed.assigned.empty() ? "" : " → " + changed.assigned.str().substr(0, 8));
    }
    if (what == Happening::delete_request) {
        RequestEntry* request = one_of(state.requests, chance);
        if (request == nullptr) {
            return "";
        }
        const RequestKey key{request->pool, request->name, request->spki};
        remove_entry(state, key);
        return key.name + " " + key.spki.substr(0, 8);
    }
    PersonalEntry* entry = one_of(state.personal, chance);
    if (entry == nullptr) {
        return "";
    }
    const CertificateId id = entry->id;
    if (what == Happening::delete_key) {
        entry->key = KeyState::absent;
        state.personal_keys.erase(id);
    } else {
        remove_entry(state, id);
        look_for_dangling(server);
    }
    static_cast<void>(world);
    return id.str().substr(0, 8);
}

// As disks and hasty hands do it.
std::string damage(Chance& chance, MemoryServer& server) {
    if (server.disk == nullptr) {
        PersonalEntry* entry = one_of(server.state.personal, chance);
        if (entry == nullptr) {
            return "";
        }
        static const std::vector<KeyState> states{
            KeyState::mismatched, KeyState::unreadable, KeyState::exposed};
        entry->key = states.at(static_cast<std::size_t>(chance.below(3)));
        server.state.personal_keys.erase(entry->id);
        return "the key of " + entry->id.str().substr(0, 8) + " is " + std::string(to_text(entry->key));
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(server.disk->folder())) {
        if (entry.is_regular_file() && !entry.is_symlink() && entry.path().filename() != "lock") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    const std::filesystem::path* file = one_of(files, chance);
    if (file == nullptr) {
        return "";
    }
    const std::string name = file->lexically_relative(server.disk->folder()).native();
    if (chance.one_in(2)) {
        std::filesystem::resize_file(*file, std::filesystem::file_size(*file) / 2);
        return name + " is cut in half";
    }
    std::ofstream(*file, std::ios::binary | std::ios::trunc) << "rubbish\n";
    return name + " is overwritten";
}

}  // namespace edgecert::simulation
