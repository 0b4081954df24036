// Reading requests: three folders deep, each level named by what it is.
#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/json_fields.h"

namespace edgecert::directory {
namespace {

constexpr const char* bad_record = "bad-record";

std::optional<RequestEntry> read_entry(const Folder& folder,
                                       const RequestKey& key,
                                       const std::string& path,
                                       const Reading& reading) {
    std::optional<std::string> bytes;
    try {
        bytes = folder.read(entry_file, entry_limit);
    } catch (const Error& error) {
        if (!is_unread(error)) {
            throw;
        }
        reading.findings.add_unread(folder, entry_file, error);
        return std::nullopt;
    }
    if (!bytes) {
        reading.findings.add(path, "incomplete", "there is no entry.json in it");
        return std::nullopt;
    }
    const auto json = parse_json(*bytes, bad_record);
    RequestEntry entry = request_from_json(json, bad_record, read_inline(reading.cache, bad_record));
    if (entry.pool != key.pool || entry.name != key.name || entry.spki != key.spki) {
        throw Error("wrong-name", "this is another request than its place says");
    }
    const KeyLook seen = reading.keys.look(folder, entry.spki);
    entry.key = seen.state;
    if (seen.unread) {
        reading.findings.add_unread(folder, key_file, *seen.unread);
    } else if (!seen.why.empty()) {
        const std::string state(to_text(seen.state));
        reading.findings.add(path + "/" + key_file, "key-" + state, seen.why);
    }
    return entry;
}

// Calls `visit` for each folder in `parent` whose name passes; everything else in there is a finding.
void each_folder(const Folder& parent,
                 const std::string& path,
                 const std::function<bool(const std::string&)>& passes,
                 const std::function<void(const Folder&, const std::string&)>& visit,
                 Findings& findings) {
    for (const std::string& name : parent.names()) {
        if (is_leftover(name)) {
            continue;
        }
        const std::string here = path + "/" + name;
        if (!passes(name)) {
            findings.add(here, "rubbish", "no request has such a name");
            continue;
        }
        try {
            if (const auto folder = parent.enter(name)) {
                visit(*folder, name);
            }
        } catch (const Error& error) {
            if (is_unread(error)) {
                findings.add_unread(parent, name, error);
            } else {
                findings.add(here, "unreadable", error.diagnostic().text);
            }
        }
    }
}

}  // namespace

std::optional<RequestEntry> read_request(const Folder& folder,
                                         const RequestKey& key,
                                         const Reading& reading) {
    const std::string path = "requests/" + key.pool + "/" + key.name + "/" + key.spki;
    try {
        return read_entry(folder, key, path, reading);
    } catch (const Error& error) {
        const std::string& code = error.diagnostic().code;
        const bool known = code == bad_record || code == "wrong-name";
        reading.findings.add(path, known ? code : "unreadable", error.diagnostic().text);
        return std::nullopt;
    }
}

std::vector<RequestEntry> read_requests_below(const Folder& folder,
                                              const std::string& pool,
                                              const std::string& name,
                                              const Reading& reading) {
    std::vector<RequestEntry> entries;
    each_folder(
        folder,
        "requests/" + pool + "/" + name,
        [](const std::string& spki) { return is_hash(spki); },
        [&](const Folder& one, const std::string& spki) {
            if (auto entry = read_request(one, {pool, name, spki}, reading)) {
                entries.push_back(*std::move(entry));
            }
        },
        reading.findings);
    return entries;
}

std::vector<RequestEntry> read_all_requests(const Folder& root, const Reading& reading) {
    std::vector<RequestEntry> entries;
    const auto is_checked = [](const std::string& name) { return is_name(name); };
    const auto read_pool = [&](const Folder& pool_folder, const std::string& pool) {
        each_folder(
            pool_folder,
            "requests/" + pool,
            is_checked,
            [&](const Folder& folder, const std::string& name) {
                for (RequestEntry& entry : read_requests_below(folder, pool, name, reading)) {
                    entries.push_back(std::move(entry));
                }
            },
            reading.findings);
    };
    try {
        if (const auto requests = root.enter("requests")) {
            each_folder(*requests, "requests", is_checked, read_pool, reading.findings);
        }
    } catch (const Error& error) {
        reading.findings.add_unread(root, "requests", error);
    }
    return entries;
}

}  // namespace edgecert::directory
