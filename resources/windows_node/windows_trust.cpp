// Root and CA: what is trusted, and by whose wish.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"
#include "resources/windows_node/store_records.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";

StoreName store_of(TrustKind kind) {
    return kind == TrustKind::root ? StoreName::root : StoreName::intermediate;
}

void refuse_wrong_kind(TrustKind kind, const x509::Certificate& certificate) {
    if (kind == TrustKind::root && !certificate.self_signed) {
        throw Error(
            refused,
            "an intermediate does not go to the trusted roots: " + printable(certificate.subject_text));
    }
    if (kind == TrustKind::intermediate && certificate.self_signed) {
        throw Error(refused,
                    "a self-signed certificate is a root, and does not go to the intermediates: " +
                        printable(certificate.subject_text));
    }
}

}  // namespace

// The machine's Root is several stores laid over each other: what is in two of them is one entry, ours if one
// of them is.
std::vector<TrustEntry> WindowsStore::read_trust(TrustKind kind,
                                                 x509::CertificateCache& cache,
                                                 Findings& findings) {
    std::map<std::string, TrustEntry> entries;
    for (const Stored& stored : stores_.read(store_of(kind))) {
        const std::string path = stores_.name_of(store_of(kind)) + "/" + x509::sha1(stored.der);
        TrustEntry entry;
        entry.kind = kind;
        try {
            entry.certificate = cache.parse(stored.der);
            entry.id = entry.certificate->sha256;
            if (!stored.record.empty()) {
                const TrustRecord record = parse_trust_record(stored.record);
                entry.owned = true;
                entry.authority = record.authority;
                entry.pool = record.pool;
            }
        } catch (const Error& error) {
            findings.push_back(
                {.path = path, .code = error.diagnostic().code, .text = error.diagnostic().text});
        }
        if (entry.certificate && (entry.owned || !entries.contains(entry.id))) {
            entries[entry.id] = entry;
        }
    }
    std::vector<TrustEntry> all;
    for (auto& entry : entries) {
        all.push_back(std::move(entry.second));
    }
    return all;
}

void WindowsStore::trust(TrustKind kind,
                         const x509::CertificateRef& certificate,
                         const std::string& authority,
                         const std::string& pool) {
    refuse_wrong_kind(kind, *certificate);
    const Change change = start_change();
    if (stores_.find(store_of(kind), certificate->sha1)) {
        return;
    }
    Stored added;
    added.der = certificate->der;
    added.record = to_record(TrustRecord{.authority = authority, .pool = pool});
    stores_.put(store_of(kind), added);
}

std::optional<TrustEntry> WindowsStore::find_trust(TrustKind kind, const std::string& sha256) {
    Findings ignored;
    for (TrustEntry& entry : read_trust(kind, cache_, ignored)) {
        if (entry.id == sha256) {
            return std::move(entry);
        }
    }
    return std::nullopt;
}

void WindowsStore::distrust(TrustKind kind, const std::string& sha256) {
    if (!find_trust(kind, sha256)) {
        return;
    }
    const Change change = start_change();
    const auto found = find_trust(kind, sha256);
    if (!found) {
        return;
    }
    const bool misplaced = kind == TrustKind::root && !found->certificate->self_signed;
    if (!found->owned && !misplaced) {
        throw Error(refused, "this certificate was put there by somebody else, and stays: " + sha256);
    }
    stores_.remove(store_of(kind), found->certificate->sha1);
}

}  // namespace edgecert::windows
