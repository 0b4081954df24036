// Roles in the directory store: the record is written before the link, so that the link never moves without
// being remembered.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/directory_store.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/presented.h"
#include "resources/stores/records.h"

namespace edgecert {
namespace {

void check_role(const std::string& role) {
    if (!directory::is_role_name(role)) {
        throw Error("store-refused", "\"" + printable(role, 64) + "\" is no role");
    }
}

void check_id(const CertificateId& id) {
    if (!id.empty() && !is_hash(id)) {
        throw Error("store-refused", "\"" + printable(id, 80) + "\" names no certificate that exists");
    }
}

// What stands where the link belongs and is no link is somebody else's, and not ours to replace.
void refuse_stranger(const Folder& roles, const std::string& role) {
    const auto there = roles.stat(role);
    if (there && there->kind != Folder::Stat::Kind::link) {
        throw Error("store-refused",
                    (roles.path() / role).string() + " is no link of ours, and is not replaced",
                    "move it away");
    }
}

}  // namespace

bool DirectoryStore::points_at(const Folder& roles,
                               const CertificateId& id,
                               const std::string& except) const {
    const auto names = roles.names();
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name != except && directory::is_role_name(name) &&
               directory::read_role_link(roles, name, spec_.directory) == id;
    });
}

void DirectoryStore::mark_superseded(const Folder& root,
                                     const CertificateId& id,
                                     std::optional<Instant> when) {
    auto entry = find_personal(root, id);
    if (!entry || entry->superseded == when || (!entry->owned && !when)) {
        return;
    }
    entry->superseded = when;
    write_record(root, *entry);
}

// Marks what a role is about to leave, unless another role still has it. Before the link moves: done after
// it, a crash between would leave a certificate that nobody ever retires.
void DirectoryStore::leave(
    const Folder& root, const Folder& roles, const CertificateId& id, const std::string& role, Instant now) {
    if (!id.empty() && !points_at(roles, id, role)) {
        mark_superseded(root, id, now);
    }
}

// What servers present, written anew: the chain that lies there, and where it leads to no root, for somebody
// may have damaged it, or ends sooner than need be, for its CA was renewed, as this store's own trust has it.
void DirectoryStore::write_chain(const Folder& root, const Folder& folder, const PersonalEntry& entry) {
    std::vector<TrustEntry> trust;
    for (const TrustKind kind : {TrustKind::root, TrustKind::intermediate}) {
        const auto found = directory::trust_entries(directory::read_trust(root, kind, reading()), kind);
        trust.insert(trust.end(), found.begin(), found.end());
    }
    const auto chain = chain_to_present(entry, trust);
    directory::put(folder, directory::chain_file, directory::pem_of(chain));
    directory::put(folder, directory::fullchain_file, directory::fullchain_of(entry.certificate, chain));
}

void DirectoryStore::assign(const RoleAssignment& assignment) {
    check_role(assignment.role);
    const Change change = open_for_change();
    const PersonalEntry entry = need_personal(change.root, assignment.certificate);
    const auto folder = directory::enter(*directory::enter(change.root, "personal"), entry.id);
    keys_.need(*folder, entry.certificate->spki_sha256);  // I1: refused without its key
    const Folder roles = change.root.make("roles", directory::folder_mode);
    refuse_stranger(roles, assignment.role);
    const std::string link = directory::read_role_link(roles, assignment.role, spec_.directory).value_or("");
    records::WrittenRole written =
        directory::read_role_record(roles, assignment.role, reading()).value_or(records::WrittenRole{});
    RoleRecord& record = written.role;
    written.before = written.previous_of(link);
    for (const CertificateId& left :
         {record.assigned, CertificateId(link)}) {  // the link last: it is what served
        if (!left.empty() && left != entry.id && find_personal(change.root, left)) {
            record.previous = left;
        }
    }
    if (link != entry.id) {  // nobody was told of it yet, nobody saw it answer
        record.activated = {};
        record.verified = {};
        record.verified_checks = {};
    }
    record.assigned = entry.id;
    record.pool = assignment.pool;
    if (assignment.clear_rejection) {
        record.rejected.clear();
    }
    if (entry.owned) {
        write_chain(change.root, *folder, entry);
        keys_.give(*folder, entry.certificate->spki_sha256);
        PersonalRecord given = directory::record_of(entry);
        given.key_group =
            keys_.group_name();  // behind the key: until then the old group is one that may read
        directory::put(*folder, directory::entry_file, directory::personal_record_text(given));
    }
    mark_superseded(change.root, entry.id, std::nullopt);
    directory::put(roles, assignment.role + ".json", records::role_text(written));
    if (link == entry.id) {
        return;
    }
    leave(change.root, roles, link, assignment.role, assignment.now);
    roles.replace_link(assignment.role, "../personal/" + entry.id);
}

void DirectoryStore::unassign(const std::string& role, Instant now) {
    check_role(role);
    const auto change = open_for_change_if_there();
    const auto roles = change ? directory::enter(change->root, "roles") : std::nullopt;
    if (!roles || !roles->stat(role)) {
        return;
    }
    refuse_stranger(*roles, role);
    const std::string link = directory::read_role_link(*roles, role, spec_.directory).value_or("");
    records::WrittenRole written =
        directory::read_role_record(*roles, role, reading()).value_or(records::WrittenRole{});
    RoleRecord& record = written.role;
    written.before = written.previous_of(link);
    record.previous = link.empty() ? record.previous : CertificateId(link);
    record.assigned = {};
    directory::put(*roles, role + ".json", records::role_text(written));
    leave(change->root, *roles, link, role, now);
    roles->remove(role);
}

void DirectoryStore::note_role(const RoleNote& note) {
    check_role(note.role);
    check_id(note.activated.value_or(""));
    check_id(note.verified.value_or(""));
    check_id(note.rejected ? note.rejected->certificate : "");
    const Change change = open_for_change();
    const Folder roles = change.root.make("roles", directory::folder_mode);
    records::WrittenRole written =
        directory::read_role_record(roles, note.role, reading()).value_or(records::WrittenRole{});
    records::take_note(written.role, note);
    directory::put(roles, note.role + ".json", records::role_text(written));
}

}  // namespace edgecert
