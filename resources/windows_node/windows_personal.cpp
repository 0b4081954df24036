// My: certificates with their keys installed, labelled, carried away, retired.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"
#include "resources/windows_node/store_records.h"
#include "resources/windows_node/text.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::size_t friendly_name_limit = 1024;

void check_friendly_name(const std::string& name) {
    if (name.size() > friendly_name_limit || !is_utf8(name) || name.find('\0') != std::string::npos) {
        throw Error(refused, "a friendly name is UTF-8 text of at most 1024 bytes");
    }
}

}  // namespace

std::vector<Installed> WindowsStore::read_personal(x509::CertificateCache& cache, Findings& findings) {
    std::vector<Installed> all;
    for (const Stored& stored : stores_.read(StoreName::personal)) {
        const std::string path = stores_.name_of(StoreName::personal) + "/" + x509::sha1(stored.der);
        Installed one;
        PersonalEntry& entry = one.entry;
        try {
            entry.certificate = cache.parse(stored.der);
        } catch (const Error& error) {
            findings.push_back({.path = path, .code = "rubbish", .text = error.diagnostic().text});
            continue;
        }
        entry.id = entry.certificate->sha256;
        entry.friendly_name = stored.friendly_name;
        one.container = stored.key;
        try {
            if (!stored.record.empty()) {
                take_personal_record(entry, stored.record, cache);
                one.recorded = true;
            }
        } catch (const Error& error) {
            findings.push_back(
                {.path = path, .code = error.diagnostic().code, .text = error.diagnostic().text});
        }
        const KeyLook look = look_at_key(stored.key, entry.certificate->spki_sha256);
        entry.key = look.state;
        entry.exportable = look.state == KeyState::present ? look.exportable : entry.exportable;
        if (!look.code.empty()) {
            findings.push_back({.path = path, .code = look.code, .text = look.why});
        }
        all.push_back(std::move(one));
    }
    std::sort(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
        return a.entry.id < b.entry.id;
    });
    const auto twice = std::unique(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
        return a.entry.id == b.entry.id;
    });
    all.erase(twice, all.end());
    return all;
}

std::optional<Installed> WindowsStore::find_personal(const CertificateId& id) {
    if (!is_hash(id)) {
        throw Error("no-such-entry", "\"" + printable(id, 80) + "\" names no certificate that exists");
    }
    Findings ignored;
    for (Installed& one : read_personal(cache_, ignored)) {
        if (one.entry.id == id) {
            return std::move(one);
        }
    }
    return std::nullopt;
}

Installed WindowsStore::need_personal(const CertificateId& id) {
    auto found = find_personal(id);
    if (!found) {
        throw Error("no-such-entry", "there is no certificate " + id + " in the personal store");
    }
    return *std::move(found);
}

void WindowsStore::put_personal(const PersonalEntry& entry, const std::optional<Container>& container) {
    check_friendly_name(entry.friendly_name);
    stores_.put(StoreName::personal,
                {.der = entry.certificate->der,
                 .friendly_name = entry.friendly_name,
                 .key = container,
                 .record = to_record(entry)});
}

// Does a certificate in My or a request still need this key?
bool WindowsStore::is_used(const Container& container) {
    const auto needs = [&container](const Stored& one) { return one.key && one.key->name == container.name; };
    const auto personal = stores_.read(StoreName::personal);
    const auto requests = stores_.read(StoreName::request);
    return std::any_of(personal.begin(), personal.end(), needs) ||
           std::any_of(requests.begin(), requests.end(), needs);
}

void WindowsStore::drop_key(const Container& container) {
    if (is_our_name(container.name) && !is_used(container)) {
        delete_key(container);
    }
}

KeyParcel WindowsStore::export_key(const CertificateId& certificate) {
    const Installed found = need_personal(certificate);
    if (!found.container || found.entry.key != KeyState::present) {
        throw Error(refused, "the key of " + certificate + " is not here, or of no use");
    }
    return {.certificate = found.entry.certificate,
            .chain = found.entry.chain,
            .friendly_name = found.entry.friendly_name,
            .key = windows::export_key(*found.container)};
}

Secret WindowsStore::export_pfx(const CertificateId& /*certificate*/,
                                const Secret& /*password*/,
                                x509::PfxProfile /*profile*/) {
    throw Error(refused, "this node hands keys over as they are; the controller makes the PFX");
}

void WindowsStore::import_pfx(const Secret& /*pfx*/,
                              const Secret& /*password*/,
                              const PersonalLabel& /*label*/) {
    throw Error(refused, "this node takes keys as they are; the controller reads the PFX");
}

void WindowsStore::import_key(const KeyParcel& parcel, const PersonalLabel& label) {
    if (x509::sha256(public_key_of(parcel.key)) != parcel.certificate->spki_sha256) {
        throw Error(refused, "the key is not the certificate's: " + parcel.certificate->sha256);
    }
    const Change change = start_change();
    const auto there = find_personal(parcel.certificate->sha256);
    const bool whole = there && there->entry.key == KeyState::present;
    if (whole && !there->entry.owned) {
        return;
    }
    PersonalEntry entry{.id = parcel.certificate->sha256, .certificate = parcel.certificate};
    entry.chain = parcel.chain.empty() && there ? there->entry.chain : parcel.chain;
    records::put_label(entry, label);
    entry.exportable = whole ? there->entry.exportable : label.exportable;
    entry.owned =
        label.owned && !(there && !there->entry.owned);  // what somebody else put there stays theirs
    entry.superseded = there ? there->entry.superseded : std::nullopt;
    if (whole) {
        return put_personal(entry, there->container);
    }
    const Container container = new_container();
    const std::string intent = "intents\\" + narrow(container.name);
    folder_.replace(intent, "import\r\n");
    windows::import_key(container, parcel.key, label.exportable);
    put_personal(entry, container);
    folder_.remove(intent);
}

void WindowsStore::set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) {
    check_friendly_name(friendly_name);
    if (!find_personal(certificate)) {
        throw Error("no-such-entry", "there is no certificate " + certificate + " in the personal store");
    }
    const Change change = start_change();
    const Installed found = need_personal(certificate);
    stores_.set_friendly_name(StoreName::personal, found.entry.certificate->sha1, friendly_name);
}

// Only what has a record of ours: what others installed is not written on.
void WindowsStore::mark_superseded(const CertificateId& id, std::optional<Instant> when) {
    const auto found = find_personal(id);
    if (!found || !found->recorded || found->entry.superseded == when) {
        return;
    }
    PersonalEntry entry = found->entry;
    entry.superseded = when;
    stores_.set_record(StoreName::personal, entry.certificate->sha1, to_record(entry));
}

// The key before the certificate would leave one without its key; after it, a crash between leaves a key that
// the intent names.
void WindowsStore::retire(const CertificateId& certificate) {
    if (!find_personal(certificate)) {
        return;
    }
    const Change change = start_change();
    const auto found = find_personal(certificate);
    if (!found) {
        return;
    }
    if (!found->entry.owned) {
        throw Error(refused, "this entry was put there by somebody else, and stays: " + certificate);
    }
    const auto assigned = roles_.read();
    const std::string& sha1 = found->entry.certificate->sha1;
    if (std::any_of(
            assigned.begin(), assigned.end(), [&sha1](const auto& role) { return role.second == sha1; })) {
        throw Error(refused, "a role points at this certificate: " + certificate);
    }
    for (const std::string& name : folder_.names("roles")) {
        const bool record = name.starts_with("role-") && name.ends_with(".json");
        Findings ignored;
        records::WrittenRole written =
            record ? read_role_record(name.substr(5, name.size() - 10), ignored) : records::WrittenRole{};
        if (!written.role.role.empty() && written.forget(certificate)) {
            write_role_record(written);
        }
    }
    const std::string intent = found->container && is_our_name(found->container->name)
                                   ? "intents\\" + narrow(found->container->name)
                                   : "";
    if (!intent.empty()) {
        folder_.replace(intent, "retire\r\n");
    }
    stores_.remove(StoreName::personal, sha1);
    if (found->container) {
        drop_key(*found->container);
    }
    if (!intent.empty()) {
        folder_.remove(intent);
    }
}

}  // namespace edgecert::windows
