// Requests: the entry in the node's folder, the key in a container, and between them a stand-in certificate
// in the store Request, as Windows itself keeps open requests.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"
#include "resources/windows_node/request.h"
#include "resources/windows_node/store_records.h"
#include "resources/windows_node/text.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::size_t file_digits = 16;

void check_key(const RequestKey& key) {
    if (!is_name(key.pool) || !is_name(key.name) || !is_hash(key.spki)) {
        throw Error(refused, "a request is named by pool, certificate and public key");
    }
}

// Names of pools are not names of files on Windows ("con", "aux"): their hash is.
std::string file_of(const RequestKey& key) {
    return "requests\\" + key.spki + "." + x509::sha256(key.pool + "/" + key.name).substr(0, file_digits) +
           ".json";
}

[[noreturn]] void no_such_request(const RequestKey& key) {
    throw Error("no-such-entry",
                "there is no request " + key.pool + "/" + key.name + " for the key " + key.spki);
}

RequestKey key_of(const RequestEntry& entry) {
    return {.pool = entry.pool, .name = entry.name, .spki = entry.spki};
}

RequestEntry entry_for(const RequestOrder& order, const Container& key) {
    RequestEntry entry;
    entry.pool = order.pool;
    entry.name = order.name;
    entry.spki = x509::sha256(public_key(key));
    entry.issuance = order.issuance;
    entry.requirement = order.requirement;
    entry.holder = order.holder;
    entry.key = KeyState::present;
    entry.exportable = order.exportable;
    entry.friendly_name = order.friendly_name;
    entry.authority = order.authority;
    entry.request_pem = make_request(order.contents, key);
    entry.created = order.now;
    entry.since = order.now;
    return entry;
}

}  // namespace

std::optional<RequestEntry> WindowsStore::read_request(const std::string& file) {
    const auto text = folder_.read(file, records::record_limit);
    if (!text) {
        return std::nullopt;
    }
    RequestEntry entry = records::parse_request(*text, cache_);
    if (file_of(key_of(entry)) != file) {
        throw Error("wrong-name", "this is another request than its name says");
    }
    const auto placeholder = find_placeholder(key_of(entry));
    entry.key = look_at_key(placeholder ? placeholder->key : std::optional<Container>{}, entry.spki).state;
    return entry;
}

std::optional<RequestEntry> WindowsStore::find_request(const RequestKey& key) {
    return is_hash(key.spki) ? read_request(file_of(key)) : std::nullopt;
}

bool WindowsStore::keeps_request(const RequestKey& key) {
    try {
        return find_request(key).has_value();
    } catch (const Error&) {
        return true;
    }
}

std::vector<RequestEntry> WindowsStore::read_requests(x509::CertificateCache& /*cache*/, Findings& findings) {
    std::vector<RequestEntry> all;
    for (const std::string& name : folder_.names("requests")) {
        const std::string file = "requests\\" + name;
        if (!name.ends_with(".json")) {
            continue;
        }
        try {
            if (auto entry = read_request(file)) {
                all.push_back(*std::move(entry));
            }
        } catch (const Error& error) {
            findings.push_back(
                {.path = file, .code = error.diagnostic().code, .text = error.diagnostic().text});
        }
    }
    // A key that waits in Request for an entry that is gone is shown, and kept.
    for (const Stored& stored : stores_.read(StoreName::request)) {
        const auto key = parse_request_record(stored.record);
        const bool known = !key || std::any_of(all.begin(), all.end(), [&key](const RequestEntry& entry) {
            return entry.pool == key->pool && entry.name == key->name && entry.spki == key->spki;
        });
        if (!known) {
            findings.push_back({.path = stores_.name_of(StoreName::request) + "/" + x509::sha1(stored.der),
                                .code = "request-without-entry",
                                .text = "a key of ours without its request " + key->pool + "/" + key->name});
        }
    }
    std::sort(all.begin(), all.end(), [](const RequestEntry& a, const RequestEntry& b) {
        return std::tie(a.pool, a.name, a.spki) < std::tie(b.pool, b.name, b.spki);
    });
    return all;
}

std::optional<RequestEntry> WindowsStore::find_request_of(const RequestOrder& order) {
    Findings ignored;
    for (RequestEntry& entry : read_requests(cache_, ignored)) {
        if (entry.pool == order.pool && entry.name == order.name && entry.issuance == order.issuance &&
            entry.key == KeyState::present) {
            return std::move(entry);
        }
    }
    return std::nullopt;
}

std::optional<Stored> WindowsStore::find_placeholder(const RequestKey& key) {
    for (Stored& stored : stores_.read(StoreName::request)) {
        const auto of = parse_request_record(stored.record);
        if (of && of->pool == key.pool && of->name == key.name && of->spki == key.spki && stored.key) {
            return std::move(stored);
        }
    }
    return std::nullopt;
}

void WindowsStore::put_placeholder(const RequestEntry& entry, const Container& container, Instant now) {
    if (find_placeholder(key_of(entry))) {
        return;
    }
    stores_.put(StoreName::request,
                {.der = make_placeholder(container, entry.pool + "/" + entry.name, now),
                 .friendly_name = entry.friendly_name,
                 .key = container,
                 .record = to_record(key_of(entry))});
}

void WindowsStore::write_request(const RequestEntry& entry) const {
    folder_.replace(file_of(key_of(entry)), records::request_text(entry));
}

RequestEntry WindowsStore::create_request(const RequestOrder& order) {
    if (!is_name(order.pool) || !is_name(order.name)) {
        throw Error(refused, "a request is named by pool and certificate");
    }
    if (order.contents.key.algorithm != x509::KeyAlgorithm::rsa && !order.reuse_key) {
        throw Error(refused,
                    "Windows servers get RSA keys: SChannel of Lync and Skype for Business takes no other",
                    "keyAlgorithm: rsa");
    }
    const Change change = start_change();
    if (auto there = find_request_of(order)) {
        return *std::move(there);
    }
    Container container = new_container();
    const std::string intent = "intents\\" + narrow(container.name);
    if (order.reuse_key) {
        const Installed old = need_personal(*order.reuse_key);
        if (!old.container || old.entry.key != KeyState::present) {
            throw Error(refused, "the key of " + *order.reuse_key + " is not here to be used again");
        }
        container = *old.container;
    } else {
        folder_.replace(intent, "request\r\n");
        make_key(container, order.contents.key.bits, order.exportable);
    }
    RequestEntry entry = entry_for(order, container);
    // The same key asked for before: only a request that came to its end makes room.
    const auto before = find_request(key_of(entry));
    if (before && before->issuance != entry.issuance && !records::is_over(before->phase)) {
        throw Error(refused, "another request for the same key is still open: " + entry.spki);
    }
    put_placeholder(entry, container, order.now);
    write_request(entry);
    if (!order.reuse_key) {
        folder_.remove(intent);
    }
    return entry;
}

void WindowsStore::keep_request(const RequestEntry& entry) {
    const RequestKey key = key_of(entry);
    check_key(key);
    const Change change = start_change();
    if (find_placeholder(key)) {
        return;
    }
    RequestEntry kept = entry;
    kept.key = KeyState::absent;
    write_request(kept);
}

void WindowsStore::note_request(const RequestKey& request, const RequestNote& note) {
    check_key(request);
    if (!folder_.exists()) {
        no_such_request(request);
    }
    const Change change = start_change();
    auto entry = find_request(request);
    if (!entry) {
        no_such_request(request);
    }
    records::take_note(*entry, note);
    write_request(*entry);
}

void WindowsStore::forget_request(const RequestKey& request) {
    check_key(request);
    if (!folder_.exists()) {
        return;
    }
    const Change change = start_change();
    if (!find_placeholder(request)) {
        folder_.remove(file_of(request));
    }
}

// My first, then the entry, then the stand-in: a crash between leaves the request to be accepted once more,
// or a stand-in that is swept.
void WindowsStore::accept(const RequestKey& request,
                          const x509::CertificateRef& certificate,
                          const std::vector<x509::CertificateRef>& chain,
                          const PersonalLabel& label) {
    check_key(request);
    if (!folder_.exists()) {
        no_such_request(request);
    }
    const Change change = start_change();
    const auto there = find_personal(certificate->sha256);
    const bool whole = there && there->entry.key == KeyState::present;
    const auto placeholder = find_placeholder(request);
    if (!find_request(request) && !(placeholder && whole)) {
        if (whole) {
            return;
        }
        no_such_request(request);
    }
    if (certificate->spki_sha256 != request.spki) {
        throw Error(refused, "the certificate is for another key than the request's: " + certificate->sha256);
    }
    const KeyLook look =
        look_at_key(placeholder ? placeholder->key : std::optional<Container>{}, request.spki);
    if (look.state != KeyState::present && !whole) {
        throw Error(refused, "the key of the request is not here");
    }
    PersonalEntry entry{.id = certificate->sha256, .certificate = certificate, .chain = chain};
    records::put_label(entry, label);
    entry.superseded = there ? there->entry.superseded : std::nullopt;
    if (!(whole && !there->entry.owned)) {
        put_personal(entry, whole ? there->container : placeholder->key);
    }
    folder_.remove(file_of(request));
    if (placeholder) {
        stores_.remove(StoreName::request, x509::sha1(placeholder->der));
        drop_key(*placeholder->key);
    }
}

}  // namespace edgecert::windows
