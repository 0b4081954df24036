// Requests in the directory store: the key is durable before anybody hears of the entry, and goes only after
// the certificate stands.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/directory_store.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"

namespace edgecert {
namespace {

void check_names(const std::string& pool, const std::string& name) {
    if (!is_name(pool) || !is_name(name)) {
        throw Error("store-refused",
                    "\"" + printable(pool, 64) + "\" and \"" + printable(name, 64) +
                        "\" are to be names of a pool and a certificate");
    }
}

void check_key(const RequestKey& key) {
    check_names(key.pool, key.name);
    if (!is_hash(key.spki)) {
        throw Error("store-refused", "\"" + printable(key.spki, 64) + "\" is no SHA-256 of a public key");
    }
}

[[noreturn]] void no_such_request(const RequestKey& key) {
    throw Error("no-such-entry",
                "there is no request " + key.pool + "/" + key.name + " for the key " + key.spki);
}

Folder make_parent(const Folder& root, const std::string& pool, const std::string& name) {
    using directory::secret_folder_mode;
    return root.make("requests", secret_folder_mode)
        .make(pool, secret_folder_mode)
        .make(name, secret_folder_mode);
}

RequestEntry entry_for(const RequestOrder& order, const x509::PrivateKey& key) {
    x509::RequestContents contents = order.contents;
    contents.key = key.kind;
    contents.spki_sha256 = key.spki_sha256;
    RequestEntry entry;
    entry.pool = order.pool;
    entry.name = order.name;
    entry.spki = key.spki_sha256;
    entry.issuance = order.issuance;
    entry.requirement = order.requirement;
    entry.holder = order.holder;
    entry.key = KeyState::present;
    entry.exportable = order.exportable;
    entry.friendly_name = order.friendly_name;
    entry.authority = order.authority;
    entry.request_pem = x509::make_request(contents, key);
    entry.created = order.now;
    entry.since = order.now;
    return entry;
}

}  // namespace

std::optional<Folder> DirectoryStore::request_parent(const Folder& root, const RequestKey& key) const {
    auto requests = directory::enter(root, "requests");
    auto pool = requests ? directory::enter(*requests, key.pool) : std::nullopt;
    return pool ? directory::enter(*pool, key.name) : std::nullopt;
}

std::optional<RequestEntry> DirectoryStore::find_request_of(const Folder& folder, const RequestOrder& order) {
    for (RequestEntry& entry : directory::read_requests_below(folder, order.pool, order.name, reading())) {
        if (entry.issuance == order.issuance && entry.key == KeyState::present) {
            return std::move(entry);
        }
    }
    return std::nullopt;
}

x509::PrivateKey DirectoryStore::key_for(const Folder& root, const RequestOrder& order) {
    if (!order.reuse_key) {
        return x509::generate_key(order.contents.key);
    }
    const PersonalEntry old = need_personal(root, *order.reuse_key);
    const auto folder = directory::enter(*directory::enter(root, "personal"), old.id);
    return keys_.read(*folder, old.certificate->spki_sha256);
}

// A new request appears whole, under a name of its own until then; one that is there is changed file by file.
void DirectoryStore::write_request(const Folder& parent,
                                   const RequestEntry& entry,
                                   const x509::PrivateKey* key) {
    const bool there = parent.stat(entry.spki).has_value();
    const std::string name = there ? entry.spki : directory::new_folder_name();
    const Folder folder = parent.make(name, directory::secret_folder_mode);
    if (key != nullptr) {
        keys_.write(folder, *key, false);
    }
    directory::put(folder, directory::request_file, entry.request_pem);
    directory::put(folder, directory::entry_file, records::request_text(entry));
    if (!there) {
        parent.rename(name, entry.spki);
    }
}

RequestEntry DirectoryStore::create_request(const RequestOrder& order) {
    check_names(order.pool, order.name);
    const Change change = open_for_change();
    if (const auto parent = request_parent(change.root, {order.pool, order.name, ""})) {
        if (auto there = find_request_of(*parent, order)) {
            return *std::move(there);
        }
    }
    const x509::PrivateKey key = key_for(change.root, order);
    RequestEntry entry = entry_for(order, key);
    const Folder parent = make_parent(change.root, order.pool, order.name);
    if (const auto folder = directory::enter(parent, entry.spki)) {
        // The same key asked for before: only a request that came to its end makes room.
        const auto before = directory::read_request(*folder, {entry.pool, entry.name, entry.spki}, reading());
        if (before && before->issuance != entry.issuance && !records::is_over(before->phase)) {
            throw Error("store-refused", "another request for the same key is still open: " + entry.spki);
        }
    }
    write_request(parent, entry, &key);
    return entry;
}

void DirectoryStore::keep_request(const RequestEntry& entry) {
    const RequestKey key{entry.pool, entry.name, entry.spki};
    check_key(key);
    const Change change = open_for_change();
    const Folder parent = make_parent(change.root, entry.pool, entry.name);
    if (const auto folder = directory::enter(parent, entry.spki)) {
        if (folder->stat(directory::key_file)) {
            return;
        }
    }
    RequestEntry kept = entry;
    kept.key = KeyState::absent;
    write_request(parent, kept, nullptr);
}

void DirectoryStore::note_request(const RequestKey& request, const RequestNote& note) {
    check_key(request);
    const auto change = open_for_change_if_there();
    const auto parent = change ? request_parent(change->root, request) : std::nullopt;
    const auto folder = parent ? directory::enter(*parent, request.spki) : std::nullopt;
    auto entry = folder ? directory::read_request(*folder, request, reading()) : std::nullopt;
    if (!entry) {
        no_such_request(request);
    }
    records::take_note(*entry, note);
    directory::put(*folder, directory::entry_file, records::request_text(*entry));
}

void DirectoryStore::forget_request(const RequestKey& request) {
    check_key(request);
    const auto change = open_for_change_if_there();
    const auto parent = change ? request_parent(change->root, request) : std::nullopt;
    const auto folder = parent ? directory::enter(*parent, request.spki) : std::nullopt;
    if (folder && !folder->stat(directory::key_file)) {
        directory::remove_folder(*parent, request.spki);
    }
}

// A crash between installing a certificate and removing its request leaves the key twice, and nobody asks for
// the request again: what was accepted is finished with the next change of the store.
void DirectoryStore::finish_accepted(const Folder& root) {
    std::vector<RequestEntry> requests = directory::read_all_requests(root, reading());
    std::erase_if(requests, [](const RequestEntry& entry) {
        return entry.key != KeyState::present || entry.issuance.empty();
    });
    if (requests.empty()) {
        return;
    }
    const std::vector<PersonalEntry> personal = directory::read_all_personal(root, reading());
    for (const RequestEntry& request : requests) {
        const bool accepted =
            std::any_of(personal.begin(), personal.end(), [&request](const PersonalEntry& entry) {
                return entry.issuance == request.issuance && entry.key == KeyState::present &&
                       entry.certificate->spki_sha256 == request.spki;
            });
        const auto parent = request_parent(root, {request.pool, request.name, request.spki});
        if (accepted && parent) {
            directory::remove_folder(*parent, request.spki);
        }
    }
}

void DirectoryStore::accept(const RequestKey& request,
                            const x509::CertificateRef& certificate,
                            const std::vector<x509::CertificateRef>& chain,
                            const PersonalLabel& label) {
    check_key(request);
    const auto change = open_for_change_if_there();
    const auto parent = change ? request_parent(change->root, request) : std::nullopt;
    const auto folder = parent ? directory::enter(*parent, request.spki) : std::nullopt;
    if (!folder) {
        const auto done = change ? find_personal(change->root, certificate->sha256) : std::nullopt;
        if (done && done->key == KeyState::present) {
            return;
        }
        no_such_request(request);
    }
    if (certificate->spki_sha256 != request.spki) {
        throw Error("store-refused",
                    "the certificate is for another key than the request's: " + certificate->sha256);
    }
    const x509::PrivateKey key = keys_.read(*folder, request.spki);
    PersonalEntry entry;
    entry.id = certificate->sha256;
    entry.certificate = certificate;
    entry.chain = chain;
    records::put_label(entry, label);
    if (EDGECERT_MUTANT(request_removed_first)) {
        directory::remove_folder(*parent, request.spki);
    }
    install(change->root, std::move(entry), key);
    directory::remove_folder(*parent, request.spki);
}

}  // namespace edgecert
