// Reading trust, the store's id and what does not belong.
#include "resources/stores/directory_read.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/json_fields.h"

namespace edgecert::directory {
namespace {

constexpr std::string_view pem_ending = ".pem";
constexpr std::string_view json_ending = ".json";
constexpr const char* bad_record = "bad-record";
constexpr const char* trust_file_lost = "trust-file-lost";

// A trusted certificate's file: exactly one certificate, and under our naming the one it says.
void read_trust_file(const Folder& folder,
                     const std::string& name,
                     TrustPlace& place,
                     const Reading& reading) {
    const std::string path = folder.path().filename().string() + "/" + name;
    const std::string stem = name.substr(0, name.size() - pem_ending.size());
    const std::string bytes = folder.read(name, certificate_limit).value_or("");
    const Bundle inside = parse_bundle_file(bytes, reading.cache);
    std::vector<x509::CertificateRef> certificates;
    for (const Bundle::Part& part : inside.parts) {
        if (part.certificate) {
            certificates.push_back(part.certificate);
        }
    }
    if (certificates.size() != 1 || inside.has_rubbish()) {
        reading.findings.add(path, "rubbish", "this is not one certificate");
        return;
    }
    const x509::CertificateRef& certificate = certificates.front();
    if (is_hash(stem) && stem != certificate->sha256) {
        reading.findings.add(path, "wrong-name", "this is another certificate than its name says");
        return;
    }
    place.files[certificate->sha256].push_back(name);
    place.certificates[certificate->sha256] = certificate;
}

void read_trust_record(const Folder& folder, const std::string& name, TrustPlace& place) {
    const std::string stem = name.substr(0, name.size() - json_ending.size());
    if (!is_hash(stem)) {
        throw Error(bad_record, "this record names no certificate");
    }
    place.unread_records.insert(stem);
    const auto json = parse_json(folder.read(name, entry_limit).value_or(""), bad_record);
    JsonFields fields(json, bad_record, "the record");
    BundleMark record{.authority = fields.text("authority", 256), .pool = fields.text("pool", 256)};
    place.records[stem] = std::move(record);
    place.unread_records.erase(stem);
}

void read_trust_entry(const Folder& folder,
                      const std::string& name,
                      TrustPlace& place,
                      const Reading& reading) {
    const std::string path = folder.path().filename().string() + "/" + name;
    try {
        if (name.ends_with(pem_ending)) {
            read_trust_file(folder, name, place, reading);
        } else if (name.ends_with(json_ending)) {
            read_trust_record(folder, name, place);
        } else {
            reading.findings.add(path, "rubbish", "no file of a store");
        }
    } catch (const Error& error) {
        // Whose it is depends on the record; a certificate of somebody's that is a link is no matter of ours.
        if (is_unread(error) && name.ends_with(json_ending)) {
            reading.findings.add_unread(folder, name, error);
            return;
        }
        reading.findings.add(
            path, error.diagnostic().code == bad_record ? bad_record : "unreadable", error.diagnostic().text);
    }
}

void read_bundle(const Folder& root, TrustKind kind, TrustPlace& place, const Reading& reading) {
    const std::string name = bundle_of(kind);
    try {
        const auto bytes = root.read(name, bundle_limit);
        place.bundle_exists = bytes.has_value();
        place.bundle = parse_bundle_file(bytes.value_or(""), reading.cache);
    } catch (const Error& error) {
        place.bundle_unreadable = true;
        if (is_unread(error)) {
            reading.findings.add_unread(root, name, error);
        } else {
            reading.findings.add(name, "unreadable", error.diagnostic().text);
        }
        return;
    }
    if (place.bundle.has_rubbish()) {
        reading.findings.add(name, "rubbish", "there is something in it that is no certificate");
    }
    for (const Bundle::Part& part : place.bundle.parts) {
        if (part.certificate) {
            place.certificates[part.certificate->sha256] = part.certificate;
        }
    }
}

// Files and bundle compared, certificate by certificate.
void look_for_losses(const TrustPlace& place, TrustKind kind, Findings& findings) {
    for (const auto& entry : place.files) {
        if (place.owned(entry.first) && !place.bundle.contains(entry.first)) {
            findings.add(
                bundle_of(kind), "not-in-bundle", "a certificate of ours is missing in it: " + entry.first);
        }
    }
    for (const auto& entry : place.certificates) {
        const std::string lost = place.lost_file(entry.first);
        if (!lost.empty()) {
            findings.add(folder_of(kind) + "/" + lost,
                         trust_file_lost,
                         "this file of a certificate that we trusted is gone");
        }
    }
}

}  // namespace

std::string folder_of(TrustKind kind) {
    return kind == TrustKind::root ? "root" : "intermediate";
}

std::string bundle_of(TrustKind kind) {
    return folder_of(kind) + std::string(pem_ending);
}

bool TrustPlace::present(const std::string& sha256) const {
    return bundle.contains(sha256) || (files.contains(sha256) && !owned(sha256));
}

std::optional<BundleMark> TrustPlace::owner(const std::string& sha256) const {
    const auto record = records.find(sha256);
    return record == records.end() ? bundle.mark_of(sha256) : std::optional{record->second};
}

std::string TrustPlace::lost_file(const std::string& sha256) const {
    if (!bundle.contains(sha256) || !owned(sha256)) {
        return {};
    }
    if (!files.contains(sha256)) {
        return sha256 + std::string(pem_ending);
    }
    const bool recorded = records.contains(sha256) || unread_records.contains(sha256);
    return recorded ? std::string{} : sha256 + std::string(json_ending);
}

TrustPlace read_trust(const Folder& root, TrustKind kind, const Reading& reading) {
    TrustPlace place;
    read_bundle(root, kind, place, reading);
    try {
        const auto folder = root.enter(folder_of(kind));
        for (const std::string& name : folder ? folder->names() : std::vector<std::string>{}) {
            if (!is_leftover(name)) {
                read_trust_entry(*folder, name, place, reading);
            }
        }
    } catch (const Error& error) {
        reading.findings.add_unread(root, folder_of(kind), error);
    }
    look_for_losses(place, kind, reading.findings);
    return place;
}

std::vector<TrustEntry> trust_entries(const TrustPlace& place, TrustKind kind) {
    std::vector<TrustEntry> entries;
    for (const auto& item : place.certificates) {
        if (!place.present(item.first)) {
            continue;
        }
        TrustEntry entry{.id = item.first, .certificate = item.second, .kind = kind};
        if (const auto owner = place.owner(item.first)) {
            entry.owned = true;
            entry.authority = owner->authority;
            entry.pool = owner->pool;
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::string read_id(const Folder& root, Findings& findings) {
    try {
        std::string id = root.read(id_file, 64).value_or("");
        if (!id.empty() && id.back() == '\n') {
            id.pop_back();
        }
        const bool good = id.size() == 32 && is_hash(id + id);
        if (!good && root.stat(id_file)) {
            findings.add(id_file, "rubbish", "this is no id of a store");
        }
        return good ? id : "";
    } catch (const Error& error) {
        if (is_unread(error)) {
            findings.add_unread(root, id_file, error);
        } else {
            findings.add(id_file, "unreadable", error.diagnostic().text);
        }
        return "";
    }
}

void look_for_rubbish(const Folder& root, Findings& findings) {
    static constexpr std::array<std::string_view, 9> ours{"id",
                                                          "lock",
                                                          "root",
                                                          "root.pem",
                                                          "intermediate",
                                                          "intermediate.pem",
                                                          "personal",
                                                          "requests",
                                                          "roles"};
    for (const std::string& name : root.names()) {
        const bool known = std::find(ours.begin(), ours.end(), name) != ours.end();
        if (!known && !is_leftover(name)) {
            findings.add(name, "rubbish", "nothing of a store");
        }
    }
}

}  // namespace edgecert::directory
