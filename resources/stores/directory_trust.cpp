// Trust in the directory store: record, file and bundle, in an order in which a crash leaves work to do and
// never a lie.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/directory_store.h"
#include "resources/stores/json_fields.h"

namespace edgecert {
namespace {

using directory::TrustPlace;

std::string trust_record_text(const std::string& authority, const std::string& pool) {
    const nlohmann::ordered_json json{
        {"format", "edgecert.trust/1"}, {"authority", authority}, {"pool", pool}};
    return dump_json(json) + "\n";
}

void refuse_wrong_kind(TrustKind kind, const x509::Certificate& certificate) {
    if (kind == TrustKind::root && !certificate.self_signed) {
        throw Error("store-refused",
                    "only self-signed certificates go to Root, and this one is an intermediate: " +
                        certificate.subject_text);
    }
    if (kind == TrustKind::intermediate && certificate.self_signed) {
        throw Error("store-refused",
                    "a self-signed certificate is a root, and does not go to the intermediates: " +
                        certificate.subject_text);
    }
}

void refuse_unreadable(const TrustPlace& place, const Folder& root, TrustKind kind) {
    if (place.bundle_unreadable) {
        throw Error("store-refused",
                    (root.path() / directory::bundle_of(kind)).string() +
                        " cannot be read, and is not replaced unread");
    }
}

constexpr mode_t public_mode = 0644;
constexpr mode_t private_mode = 0600;  // who knows what is in a file that somebody tore

// Certificates are for everybody. A private key that somebody put among them is not: it becomes no more
// readable than it was, and those who could read it still can.
void put_bundle(const Folder& root, const std::string& name, const std::string& text, bool has_key) {
    const auto there = root.stat(name);
    if (!has_key || !there || (there->mode & public_mode) == public_mode) {
        directory::put(root, name, text, public_mode);
        return;
    }
    if (root.read(name, directory::bundle_limit) != text) {
        root.replace(name, text, there->mode & public_mode, there->group);
    }
}

// Writes the consumers' file. What of ours it lacks besides is not put back: nobody planned that it be
// trusted again. One that held something torn is kept beside: nothing of other people's is lost.
void write_bundle(const Folder& root,
                  TrustKind kind,
                  const TrustPlace& place,
                  const std::optional<directory::BundleEntry>& gained,
                  const std::string& removed) {
    const std::string text = directory::rewrite(place.bundle, gained, removed);
    const std::string name = directory::bundle_of(kind);
    if (text.empty() && !place.bundle_exists) {
        return;
    }
    if (place.bundle.has_torn()) {
        const std::string old = root.read(name, directory::bundle_limit).value_or("");
        directory::put(root, name + ".kept-" + x509::sha256(old).substr(0, 16), old, private_mode);
    }
    put_bundle(root, name, text, place.bundle.has_key());
}

// Records whose certificate is nowhere: left by a crash, they would make somebody else's certificate look
// like ours later.
void forget_orphans(const Folder& folder, const TrustPlace& place) {
    for (const auto& record : place.records) {
        if (!place.files.contains(record.first) && !place.bundle.contains(record.first)) {
            folder.remove(record.first + ".json");
        }
    }
}

}  // namespace

void DirectoryStore::trust(TrustKind kind,
                           const x509::CertificateRef& certificate,
                           const std::string& authority,
                           const std::string& pool) {
    refuse_wrong_kind(kind, *certificate);
    const Change change = open_for_change();
    const TrustPlace place = directory::read_trust(change.root, kind, reading());
    const std::string& sha256 = certificate->sha256;
    const std::string lost = place.lost_file(sha256);
    if (place.present(sha256) && lost.empty()) {
        return;
    }
    refuse_unreadable(place, change.root, kind);
    const Folder folder = change.root.make(directory::folder_of(kind), directory::folder_mode);
    forget_orphans(folder, place);
    // Whose it was it stays, where a mark or the record still tells.
    const directory::BundleMark owner =
        lost.empty() ? directory::BundleMark{authority, pool} : *place.owner(sha256);
    if (!place.unread_records.contains(sha256) || lost.empty()) {
        directory::put(folder, sha256 + ".json", trust_record_text(owner.authority, owner.pool));
    }
    write_bundle(change.root, kind, place, directory::BundleEntry{certificate, owner}, "");
    // Last: with it, what the bundle holds is whole.
    directory::put(folder, sha256 + ".pem", x509::to_pem(*certificate));
}

void DirectoryStore::distrust(TrustKind kind, const std::string& sha256) {
    const auto change = open_for_change_if_there();
    if (!change) {
        return;
    }
    TrustPlace place = directory::read_trust(change->root, kind, reading());
    const bool there = place.files.contains(sha256) || place.bundle.contains(sha256);
    if (!there) {
        // Its record alone is what a crash behind the bundle leaves. A bundle that cannot be read may hold
        // it.
        const auto records = change->root.enter(directory::folder_of(kind));
        if (records && place.owned(sha256) && !place.bundle_unreadable) {
            records->remove(sha256 + ".json");
        }
        return;
    }
    const bool misplaced = kind == TrustKind::root && !place.certificates.at(sha256)->self_signed;
    if (!place.owned(sha256) && !misplaced) {
        throw Error("store-refused", "this certificate was put there by somebody else, and stays: " + sha256);
    }
    refuse_unreadable(place, change->root, kind);
    const Folder folder = change->root.make(directory::folder_of(kind), directory::folder_mode);
    for (const std::string& name : place.files[sha256]) {
        folder.remove(name);
    }
    place.files.erase(sha256);
    write_bundle(change->root, kind, place, std::nullopt, sha256);
    folder.remove(sha256 + ".json");  // last: until then it is ours to remove
    place.records.erase(sha256);
    forget_orphans(folder, place);
}

}  // namespace edgecert
