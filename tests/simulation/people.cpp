// People who change stores and authorities past the manifests.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/events.h"
#include "tests/support/file_store.h"

namespace edgecert::simulation {

namespace {

using std::chrono::days;

MemoryServer* some_server(SimWorld& world, Chance& chance) {
    if (world.servers.empty()) {
        return nullptr;
    }
    auto place = world.servers.begin();
    std::advance(place, chance.below(static_cast<int>(world.servers.size())));
    return place->second.get();
}

template <class Item>
Item* one_of(std::vector<Item>& items, Chance& chance) {
    return items.empty() ? nullptr
                         : &items[static_cast<std::size_t>(chance.below(static_cast<int>(items.size())))];
}

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

// Without its key, in whatever phase it was left.
std::string leave_request(Chance& chance, const Fleet& fleet, const SimWorld& world, MemoryServer& server) {
    for (const Pool& pool : fleet.pools) {
        if (server.disk != nullptr || !server.name.starts_with("/sim/" + pool.name + "/") ||
            pool.certificates.empty()) {
            continue;
        }
        const CertificateSpec& spec = pool.certificates.at(
            static_cast<std::size_t>(chance.below(static_cast<int>(pool.certificates.size()))));
        RequestEntry entry;
        entry.pool = pool.name;
        entry.name = spec.name;
        entry.spki = x509::sha256("stray " + std::to_string(chance.below(1 << 20)));
        entry.issuance = x509::sha256("issuance of " + entry.spki);
        entry.requirement = chance.one_in(3) ? digest(spec.requirement) : x509::sha256("another requirement");
        entry.holder = server.name.substr(server.name.rfind('/') + 1);
        entry.authority = spec.requirement.authority;
        static const std::vector<RequestPhase> phases{RequestPhase::created,
                                                      RequestPhase::submitting,
                                                      RequestPhase::accepted,
                                                      RequestPhase::denied,
                                                      RequestPhase::ambiguous,
                                                      RequestPhase::abandoned};
        entry.phase = phases.at(static_cast<std::size_t>(chance.below(6)));
        entry.created = world.now - days{1 + chance.below(60)};
        entry.since = entry.created;
        if (entry.phase != RequestPhase::created) {
            entry.submitted = entry.created;
            entry.ticket = entry.phase == RequestPhase::accepted ? "old" : "";
        }
        put(server.state, entry);
        return spec.name + " " + entry.spki.substr(0, 8) + ", " + std::string(to_text(entry.phase));
    }
    return "";
}

std::string act_on_trust(Happening what, Chance& chance, SimWorld& world, MemoryServer& server) {
    if (what == Happening::remove_trust) {
        const TrustEntry* entry = one_of(server.state.trust, chance);
        if (entry == nullptr) {
            return "";
        }
        const TrustEntry gone = *entry;
        remove_entry(server.state, gone.kind, gone.id);
        return gone.certificate->subject.common_name;
    }
    exist(server, world);
    if (what == Happening::root_by_hand) {
        const Mint::Chain& chain = world.mint.chain("partner", 0, beginning() - days{300});
        if (find_entry(server.state, TrustKind::root, chain.root->sha256) == nullptr) {
            put(server.state, TrustEntry{chain.root->sha256, chain.root, TrustKind::root, false, "", ""});
        }
        return chain.root->subject.common_name;
    }
    for (const auto& [name, ca] : world.authorities) {
        const Mint::Chain& chain = world.mint.chain(name, ca->generation, ca->born);
        if (ca->exists && find_entry(server.state, TrustKind::root, chain.issuing->sha256) == nullptr) {
            put(server.state,
                TrustEntry{chain.issuing->sha256, chain.issuing, TrustKind::root, false, "", ""});
            return name;
        }
    }
    return "";
}

std::string replace_machine(MemoryServer& server) {
    server.state = {};
    server.in_effect.clear();
    return server.name;
}

std::string act_on_authority(Happening what, Chance& chance, Fleet& fleet, SimWorld& world) {
    if (what == Happening::officer_issues) {
        const int count = issue_all_pending(world);
        return count == 0 ? "" : std::to_string(count);
    }
    for (auto& [name, ca] : world.authorities) {
        if (what == Happening::officer_denies) {
            for (SimSubmission& submission : ca->log) {
                if (submission.state == SimSubmissionState::pending && ca->kind == SimCaKind::manual) {
                    deny(submission, "the officer denied it");
                    return name + " " + submission.ticket;
                }
            }
            continue;
        }
        if (what == Happening::lose_authority) {
            if (ca->kind == SimCaKind::local && ca->exists && chance.one_in(2)) {
                ca->exists = false;
                return name;
            }
            continue;
        }
        if (ca->kind == SimCaKind::local || chance.one_in(3)) {
            continue;
        }
        const auto spec = std::find_if(fleet.authorities.begin(),
                                       fleet.authorities.end(),
                                       [&](const AuthoritySpec& one) { return one.name == ca->name; });
        if (what == Happening::drop_old_chain) {
            if (ca->older.empty()) {
                continue;
            }
            ca->older.clear();
            return name;
        }
        if (chance.one_in(3)) {
            ca->older.clear();  // and shows only the new one from now on
        } else {
            ca->older.emplace_back(ca->generation, ca->born);
        }
        ++ca->generation;
        ca->born = std::chrono::floor<days>(world.now);
        spec->roots.push_back(world.mint.chain(name, ca->generation, ca->born).root->sha256);
        return name;
    }
    return "";
}

}  // namespace

namespace {

std::string act_on_server(
    Happening what, Chance& chance, const Fleet& fleet, SimWorld& world, MemoryServer& server) {
    if (what > Happening::lose_authority) {
        const std::string done = act_in_plot(what, chance, world, server);
        return done.empty() ? "" : server.name + ": " + done;
    }
    if (what == Happening::new_machine) {
        return replace_machine(server);
    }
    if (what == Happening::rubbish) {
        exist(server, world);
        server.state.findings = {{"personal/notes.txt", "rubbish", "nobody knows what this is"}};
        return server.name;
    }
    if (what == Happening::damage) {
        const std::string done = damage(chance, server);
        return done.empty() ? "" : server.name + ": " + done;
    }
    if (what == Happening::stray_request) {
        exist(server, world);
        const std::string done = leave_request(chance, fleet, world, server);
        return done.empty() ? "" : server.name + ": " + done;
    }
    const bool of_trust = what == Happening::root_by_hand || what == Happening::misplace_intermediate ||
                          what == Happening::remove_trust;
    const bool installs = what == Happening::certificate_by_hand || what == Happening::satisfying_by_hand;
    const std::string done = of_trust   ? act_on_trust(what, chance, world, server)
                             : installs ? install_by_hand(what, chance, fleet, world, server)
                                        : act_on_certificates(what, chance, world, server);
    return done.empty() ? "" : server.name + ": " + done;
}

}  // namespace

std::string people_act(Happening what, Chance& chance, Fleet& fleet, SimWorld& world) {
    if (what >= Happening::officer_issues && what <= Happening::lose_authority) {
        return act_on_authority(what, chance, fleet, world);
    }
    MemoryServer* server = some_server(world, chance);
    if (server == nullptr) {
        return "";
    }
    const StoreState before = server->state;
    const std::string done = act_on_server(what, chance, fleet, world, *server);
    if (server->disk != nullptr) {
        if (what == Happening::damage) {
            server->disk->adopt();
            read_back(*server, world.cache);
        } else {
            write_by_hand(*server, before, world.cache);
        }
    }
    return done;
}

}  // namespace edgecert::simulation
