// The personal store in the directory store: certificates with their keys installed, labelled, carried away,
// retired.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/directory_store.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

constexpr std::size_t friendly_name_limit = 1024;

void check_id(const CertificateId& id) {
    if (!is_hash(id)) {
        throw Error("no-such-entry", "\"" + printable(id, 80) + "\" names no certificate that exists");
    }
}

void check_friendly_name(const std::string& name) {
    if (name.size() > friendly_name_limit || !is_utf8(name)) {
        throw Error("store-refused", "a friendly name is UTF-8 text of at most 1024 bytes");
    }
}

}  // namespace

std::optional<PersonalEntry> DirectoryStore::find_personal(const Folder& root, const CertificateId& id) {
    check_id(id);
    const auto personal = directory::enter(root, "personal");
    if (!personal) {
        return std::nullopt;
    }
    directory::Findings findings;
    auto entry = directory::read_personal(*personal, id, {*cache_, keys_, findings, {}});
    findings.refuse_unread();
    return entry;
}

PersonalEntry DirectoryStore::need_personal(const Folder& root, const CertificateId& id) {
    auto entry = find_personal(root, id);
    if (!entry) {
        throw Error("no-such-entry", "there is no certificate " + id + " in the personal store");
    }
    return *std::move(entry);
}

// A new entry appears whole. In one that is there, certificate.pem comes last: without it there is no entry,
// and the next identical operation goes on from there.
void DirectoryStore::write_personal(const Folder& root,
                                    const PersonalEntry& entry,
                                    const x509::PrivateKey& key) {
    const Folder personal = root.make("personal", directory::folder_mode);
    const bool there = personal.stat(entry.id).has_value();
    const std::string name = there ? entry.id.str() : directory::new_folder_name();
    const Folder folder = personal.make(name, directory::folder_mode);
    keys_.write(folder, key, true);
    PersonalRecord record = directory::record_of(entry);
    record.key_group = keys_.group_name();
    directory::put(folder, directory::entry_file, directory::personal_record_text(record));
    directory::put(folder, directory::chain_file, directory::pem_of(entry.chain));
    directory::put(
        folder, directory::fullchain_file, directory::fullchain_of(entry.certificate, entry.chain));
    directory::put(folder, directory::certificate_file, x509::to_pem(*entry.certificate));
    if (!there) {
        personal.rename(name, entry.id);
    }
}

// What is there with its key stays, and gets the label when it is ours. A certificate without its key counts
// as absent.
void DirectoryStore::install(const Folder& root, PersonalEntry entry, const x509::PrivateKey& key) {
    check_friendly_name(entry.friendly_name);
    const auto there = find_personal(root, entry.id);
    if (there && there->key == KeyState::present && !there->owned &&
        !EDGECERT_MUTANT(foreign_certificate_taken)) {
        return;
    }
    if (there) {
        entry.superseded = there->superseded;
        if (there->key == KeyState::present) {
            entry.exportable = there->exportable;  // decided when the key came, not by a label
        }
        if (entry.chain.empty()) {
            entry.chain = there->chain;
        }
    }
    write_personal(root, entry, key);
}

void DirectoryStore::write_record(const Folder& root, const PersonalEntry& entry) const {
    const auto personal = directory::enter(root, "personal");
    const auto folder = personal ? directory::enter(*personal, entry.id) : std::nullopt;
    if (folder) {
        PersonalRecord record = directory::record_of(entry);
        record.key_group = directory::recorded_key_group(*folder);
        directory::put(*folder, directory::entry_file, directory::personal_record_text(record));
    }
}

x509::PfxContents DirectoryStore::handed_out(const CertificateId& certificate) {
    check_id(certificate);
    const auto root = directory::open_root(spec_.directory, false);
    if (!root) {
        throw Error("no-such-entry", "there is no store in " + spec_.directory);
    }
    const PersonalEntry entry = need_personal(*root, certificate);
    if (!entry.exportable) {
        throw Error("key-not-exportable", "the key of " + certificate + " was not made to leave this server");
    }
    const auto folder = directory::enter(*directory::enter(*root, "personal"), certificate);
    return {.key = keys_.read(*folder, entry.certificate->spki_sha256),
            .certificate = entry.certificate,
            .chain = entry.chain,
            .friendly_name = entry.friendly_name};
}

Secret DirectoryStore::export_pfx(const CertificateId& certificate,
                                  const Secret& password,
                                  x509::PfxProfile profile) {
    return x509::make_pfx(handed_out(certificate), password, profile, x509::PasswordOrigin::random);
}

void DirectoryStore::import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) {
    take(x509::parse_pfx(pfx.view(), password, *cache_), label);
}

// Making a PFX and opening it again took a twelfth of what a fresh pool costs besides its RSA key.
bool DirectoryStore::copy_key(CertificateStore& source,
                              const CertificateId& certificate,
                              const PersonalLabel& label) {
    auto* const folder = dynamic_cast<DirectoryStore*>(&source);
    if (folder == nullptr) {
        return false;
    }
    x509::PfxContents contents = folder->handed_out(certificate);
    contents.chain = x509::chain_above(contents.certificate, contents.chain);
    take(contents, label);
    return true;
}

void DirectoryStore::take(const x509::PfxContents& contents, const PersonalLabel& label) {
    const Change change = open_for_change();
    PersonalEntry entry;
    entry.id = contents.certificate->sha256;
    entry.certificate = contents.certificate;
    entry.chain = contents.chain;
    records::put_label(entry, label);
    const auto there = find_personal(change.root, entry.id);
    if (there && !there->owned && !EDGECERT_MUTANT(foreign_certificate_taken)) {
        entry.owned = false;  // somebody else's certificate that gets its key back stays theirs
    }
    install(change.root, std::move(entry), contents.key);
}

void DirectoryStore::set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) {
    check_friendly_name(friendly_name);
    const auto change = open_for_change_if_there();
    if (!change) {
        throw Error("no-such-entry", "there is no store in " + spec_.directory);
    }
    PersonalEntry entry = need_personal(change->root, certificate);
    entry.friendly_name = friendly_name;
    write_record(change->root, entry);
}

void DirectoryStore::retire(const CertificateId& certificate) {
    check_id(certificate);
    const auto change = open_for_change_if_there();
    const auto personal = change ? directory::enter(change->root, "personal") : std::nullopt;
    const auto folder = personal ? directory::enter(*personal, certificate) : std::nullopt;
    if (!folder) {
        return;
    }
    const auto entry = find_personal(change->root, certificate);
    if (!entry || !entry->owned) {
        throw Error("store-refused",
                    "this entry was put there by somebody else, or is none, and stays: " + certificate);
    }
    if (const auto roles = directory::enter(change->root, "roles")) {
        if (points_at(*roles, certificate, "")) {
            throw Error("store-refused", "a role points at this certificate: " + certificate);
        }
        forget_previous(*roles, certificate);
    }
    remove_entry(*personal, certificate);
}

void DirectoryStore::forget_previous(const Folder& roles, const CertificateId& certificate) {
    for (const std::string& name : roles.names()) {
        const std::string role = name.ends_with(".json") ? name.substr(0, name.size() - 5) : "";
        auto written = directory::is_role_name(role) ? directory::read_role_record(roles, role, reading())
                                                     : std::nullopt;
        if (written && written->forget(certificate)) {
            directory::put(roles, name, records::role_text(*written));
        }
    }
}

// What somebody else laid into the entry's folder stays there.
void DirectoryStore::remove_entry(const Folder& personal, const CertificateId& certificate) const {
    const std::vector<std::string> ours{directory::certificate_file,
                                        directory::key_file,
                                        directory::fullchain_file,
                                        directory::chain_file,
                                        directory::entry_file};
    const auto folder = directory::enter(personal, certificate);
    const auto names = folder->names();
    const bool only_ours = std::all_of(names.begin(), names.end(), [&ours](const std::string& name) {
        return std::find(ours.begin(), ours.end(), name) != ours.end();
    });
    if (only_ours) {
        directory::remove_folder(personal, certificate);
        return;
    }
    for (const std::string& name : ours) {
        folder->remove(name);
    }
}

}  // namespace edgecert
