// Reading the personal store: each entry's certificate, chain, key and record, matched with one another.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/json_fields.h"

namespace edgecert::directory {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* bad_record = "bad-record";

PersonalRecord parse_record(const std::string& bytes) {
    const Json json = parse_json(bytes, bad_record);
    JsonFields fields(json, bad_record, "the record");
    PersonalRecord record;
    record.label = label_from_json(fields.at("label"), bad_record);
    record.superseded = fields.optional_instant("superseded");
    if (json.contains("keyGroup")) {  // not in records of the first versions
        record.key_group = fields.text("keyGroup", 256);
    }
    return record;
}

std::optional<PersonalRecord> read_record(const Folder& folder, const std::string& path, Findings& findings) {
    try {
        const auto bytes = folder.read(entry_file, entry_limit);
        if (!bytes) {
            return std::nullopt;
        }
        return parse_record(*bytes);
    } catch (const Error& error) {
        if (is_unread(error)) {
            findings.add_unread(folder, entry_file, error);
        } else {
            findings.add(
                path + "/" + entry_file,
                bad_record,
                error.diagnostic().text + "; what it is called and that it is ours is not known without it");
        }
        return std::nullopt;
    }
}

void apply_record(PersonalEntry& entry, const PersonalRecord& record) {
    entry.exportable = record.label.exportable;
    entry.friendly_name = record.label.friendly_name;
    entry.owned = record.label.owned;
    entry.pool = record.label.pool;
    entry.name = record.label.name;
    entry.requirement = record.label.requirement;
    entry.issuance = record.label.issuance;
    entry.submitted = record.label.submitted;
    entry.superseded = record.superseded;
}

std::vector<x509::CertificateRef> read_chain(const Folder& folder,
                                             const std::string& path,
                                             const Reading& reading) {
    std::vector<x509::CertificateRef> chain;
    try {
        const Bundle bundle =
            parse_bundle_file(folder.read(chain_file, chain_limit).value_or(""), reading.cache);
        for (const Bundle::Part& part : bundle.parts) {
            if (part.certificate && chain.size() < 64) {
                chain.push_back(part.certificate);
            }
        }
        if (bundle.has_rubbish()) {
            reading.findings.add(
                path + "/" + chain_file, "rubbish", "there is something in it that is no certificate");
        }
    } catch (const Error& error) {
        reading.findings.add(path + "/" + chain_file, "unreadable", error.diagnostic().text);
    }
    return chain;
}

// What servers present is a file of its own, so that somebody may have broken it alone.
void check_fullchain(const Folder& folder,
                     const std::string& path,
                     const PersonalEntry& entry,
                     Findings& findings) {
    try {
        const auto bytes = folder.read(fullchain_file, chain_limit);
        if (!bytes || *bytes != fullchain_of(entry.certificate, entry.chain)) {
            findings.add(path + "/" + fullchain_file,
                         "broken-fullchain",
                         "it is not the certificate with its chain; assigning a role to it writes it anew");
        }
    } catch (const Error& error) {
        findings.add(path + "/" + fullchain_file, "unreadable", error.diagnostic().text);
    }
}

void report_key(const std::string& path, const KeyLook& key, Findings& findings) {
    switch (key.state) {
        case KeyState::absent:
        case KeyState::present:
            return;
        case KeyState::mismatched:
            findings.add(path + "/" + key_file, "key-mismatch", key.why);
            return;
        case KeyState::unreadable:
            findings.add(path + "/" + key_file, "key-unreadable", key.why);
            return;
        case KeyState::exposed:
            findings.add(path + "/" + key_file, "key-exposed", key.why);
            return;
    }
}

void report_strangers(const Folder& folder, const std::string& path, Findings& findings) {
    static constexpr std::array<std::string_view, 6> ours{
        certificate_file, chain_file, fullchain_file, key_file, entry_file, request_file};
    for (const std::string& name : folder.names()) {
        const bool known = std::find(ours.begin(), ours.end(), name) != ours.end();
        if (is_kept_key(name)) {
            findings.add(path + "/" + name,
                         "key-kept",
                         "it was found in the place of the certificate's key, and kept: another private key, "
                         "or none; remove it when nobody needs it");
        } else if (!known && !is_leftover(name)) {
            findings.add(path + "/" + name, "rubbish", "nothing of a store");
        }
    }
}

// Somebody else's key may be kept from us: it is nothing that the pool has, unless a role points at it.
void take_key(const Folder& folder, const std::string& path, PersonalEntry& entry, const Reading& reading) {
    const KeyLook key = reading.keys.look(folder, entry.certificate->spki_sha256);
    entry.key = key.state;
    if (key.unread && (entry.owned || reading.serving.contains(entry.id))) {
        reading.findings.add_unread(folder, key_file, *key.unread);
        return;
    }
    report_key(path, key, reading.findings);
    if (key.state == KeyState::present && key.other_group && entry.owned &&
        reading.serving.contains(entry.id)) {
        reading.findings.add(path + "/" + key_file,
                             "key-group-differs",
                             "another group may read it than the one that is declared");
    }
}

std::optional<std::string> read_certificate_file(const Folder& folder, const Reading& reading) {
    try {
        return folder.read(certificate_file, certificate_limit);
    } catch (const Error& error) {
        if (!is_unread(error)) {
            throw;
        }
        reading.findings.add_unread(folder, certificate_file, error);
        return std::nullopt;
    }
}

std::optional<PersonalEntry> read_entry(const Folder& folder,
                                        const std::string& name,
                                        const std::string& path,
                                        const Reading& reading) {
    const auto bytes = read_certificate_file(folder, reading);
    if (!bytes) {
        reading.findings.add(path, "incomplete", "there is no certificate.pem in it");
        return std::nullopt;
    }
    PersonalEntry entry;
    entry.certificate = reading.cache.parse(x509::der_of_pem(*bytes));
    entry.id = entry.certificate->sha256;
    if (entry.id != name) {
        reading.findings.add(path, "wrong-name", "this is another certificate than its name says");
        return std::nullopt;
    }
    entry.chain = read_chain(folder, path, reading);
    entry.exportable = true;  // what somebody put there as a file can be read as a file
    if (const auto record = read_record(folder, path, reading.findings)) {
        apply_record(entry, *record);
        check_fullchain(folder, path, entry, reading.findings);
    }
    take_key(folder, path, entry, reading);
    report_strangers(folder, path, reading.findings);
    return entry;
}

}  // namespace

std::string personal_record_text(const PersonalRecord& record) {
    const Json json{{"format", "edgecert.personal/1"},
                    {"label", label_to_json(record.label)},
                    {"superseded", optional_instant_to_json(record.superseded)},
                    {"keyGroup", record.key_group}};
    std::string text = dump_json(json) + "\n";
    if (text.size() > entry_limit || parse_record(text) != record) {
        throw Error("store-refused", "this label cannot be kept: too long, or no UTF-8");
    }
    return text;
}

PersonalRecord record_of(const PersonalEntry& entry) {
    return {.label = {.pool = entry.pool,
                      .name = entry.name,
                      .requirement = entry.requirement,
                      .issuance = entry.issuance,
                      .friendly_name = entry.friendly_name,
                      .exportable = entry.exportable,
                      .owned = entry.owned,
                      .submitted = entry.submitted},
            .superseded = entry.superseded,
            .key_group = {}};
}

std::string recorded_key_group(const Folder& entry) {
    try {
        return parse_record(entry.read(entry_file, entry_limit).value_or("")).key_group;
    } catch (const Error&) {
        return {};  // no record, or none that can be believed
    }
}

std::optional<PersonalEntry> read_personal(const Folder& personal,
                                           const std::string& name,
                                           const Reading& reading) {
    const std::string path = "personal/" + name;
    if (!is_hash(name)) {
        reading.findings.add(path, "rubbish", "no entry of a store has such a name");
        return std::nullopt;
    }
    try {
        const auto folder = personal.enter(name);
        return folder ? read_entry(*folder, name, path, reading) : std::nullopt;
    } catch (const Error& error) {
        if (is_unread(error)) {
            reading.findings.add_unread(personal, name, error);
        } else {
            reading.findings.add(path, "unreadable", error.diagnostic().text);
        }
        return std::nullopt;
    }
}

std::vector<PersonalEntry> read_all_personal(const Folder& root, const Reading& reading) {
    std::vector<PersonalEntry> entries;
    try {
        const auto personal = root.enter("personal");
        for (const std::string& name : personal ? personal->names() : std::vector<std::string>{}) {
            if (is_leftover(name)) {
                continue;
            }
            if (auto entry = read_personal(*personal, name, reading)) {
                entries.push_back(*std::move(entry));
            }
        }
    } catch (const Error& error) {
        reading.findings.add_unread(root, "personal", error);
    }
    return entries;
}

}  // namespace edgecert::directory
