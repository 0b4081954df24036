// The log of a CA in a folder: files that are the truth, and a line index beside them.
#include "resources/authorities/issuance_log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/posix.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* log_folder = "log";
constexpr const char* index_file = "log.index";
constexpr const char* entry_format = "edgecert.issued/1";
constexpr std::string_view suffix = ".json";
constexpr std::size_t entry_limit = 256U << 10U;
constexpr std::size_t index_limit = 64U << 20U;
constexpr std::size_t id_size = 64;
constexpr std::size_t line_size = 3 * (id_size + 1);
constexpr std::size_t most_notes = 20;

std::string line_of(const IssuedRecord& record) {
    return record.issuance + ' ' + record.sha256 + ' ' + record.spki + '\n';
}

bool is_id(std::string_view text) {
    return text.size() == id_size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string())
        throw Error("bad-log-entry", std::string("`") + key + "` is missing");
    return found->get<std::string>();
}

LogEntry entry_of(const std::string& bytes, const std::string& issuance, x509::CertificateCache& cache) {
    const Json json = Json::parse(bytes, nullptr, false);
    if (!json.is_object())
        throw Error("bad-log-entry", "it is no JSON object");
    if (text_of(json, "format") != entry_format)
        throw Error("bad-log-entry", "its format is not " + std::string(entry_format));
    const auto issued = parse_rfc3339(text_of(json, "issued"));
    LogEntry entry{.issuance = text_of(json, "issuance"),
                   .serial = text_of(json, "serial"),
                   .spki = text_of(json, "publicKey"),
                   .pool = text_of(json, "pool"),
                   .certificate = text_of(json, "certificate"),
                   .template_name = text_of(json, "template"),
                   .holder = text_of(json, "holder"),
                   .issued = issued.value_or(Instant{}),
                   .what = cache.parse(x509::der_of_pem(text_of(json, "pem")))};
    if (!issued)
        throw Error("bad-log-entry", "`issued` is no time");
    if (entry.issuance != issuance)
        throw Error("bad-log-entry", "it names another issuance id");
    if (entry.what->spki_sha256 != entry.spki)
        throw Error("bad-log-entry", "its certificate has another key than it says");
    return entry;
}

std::string bytes_of(const LogEntry& entry) {
    const Json json{{"format", entry_format},
                    {"issuance", entry.issuance},
                    {"serial", entry.serial},
                    {"sha256", entry.what->sha256},
                    {"publicKey", entry.spki},
                    {"pool", entry.pool},
                    {"certificate", entry.certificate},
                    {"template", entry.template_name},
                    {"holder", entry.holder},
                    {"issued", to_rfc3339(entry.issued)},
                    {"notBefore", to_rfc3339(entry.what->not_before)},
                    {"notAfter", to_rfc3339(entry.what->not_after)},
                    {"subject", entry.what->subject_text},
                    {"pem", x509::to_pem(*entry.what)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

// Lines whose length and form are right, sorted by issuance; a torn one is nothing.
std::vector<IssuedRecord> read_index(const Folder& folder) {
    std::vector<IssuedRecord> records;
    try {
        const std::string bytes = folder.read(index_file, index_limit).value_or("");
        records.reserve(bytes.size() / line_size);
        for (std::size_t at = 0; at + line_size <= bytes.size(); at += line_size) {
            const std::string_view line = std::string_view(bytes).substr(at, line_size);
            IssuedRecord record{std::string(line.substr(0, id_size)),
                                std::string(line.substr(id_size + 1, id_size)),
                                std::string(line.substr(2 * (id_size + 1), id_size))};
            if (!is_id(record.issuance) || !is_id(record.sha256) || !is_id(record.spki) ||
                line_of(record) != line)
                continue;
            records.push_back(std::move(record));
        }
    } catch (const Error&) {
        records.clear();  // it only saves time: without it every file is read
    }
    std::sort(records.begin(), records.end(), [](const IssuedRecord& a, const IssuedRecord& b) {
        return a.issuance < b.issuance;
    });
    return records;
}

// Cuts a torn last line off and adds one. Not synced: after a crash the file itself is read instead.
void add_to_index(const Folder& folder, const IssuedRecord& record) {
    constexpr int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const auto path = folder.path() / index_file;
    const posix::Descriptor file(
        posix::retried([&] { return ::openat(folder.descriptor(), index_file, flags, 0644); }));
    struct stat status {};
    if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        posix::fail("open", path, errno);
    const off_t whole = status.st_size - status.st_size % static_cast<off_t>(line_size);
    if (::ftruncate(file.get(), whole) != 0 || ::lseek(file.get(), whole, SEEK_SET) != whole)
        posix::fail("write", path, errno);
    posix::write_all(file.get(), line_of(record), path);
}

}  // namespace

bool is_issuance_id(const std::string& text) {
    return is_id(text);
}

std::optional<LogEntry> IssuanceLog::find(const std::string& issuance, x509::CertificateCache& cache) const {
    if (!is_issuance_id(issuance))
        throw Error("authority-refused", "\"" + printable(issuance, 80) + "\" is no issuance id");
    const std::optional<Folder> log = folder_->enter(log_folder);
    if (!log)
        return std::nullopt;
    const std::string name = issuance + std::string(suffix);
    const std::optional<std::string> bytes = log->read(name, entry_limit);
    if (!bytes)
        return std::nullopt;
    try {
        return entry_of(*bytes, issuance, cache);
    } catch (const Error& error) {
        throw Error("authority-refused",
                    (log->path() / name).string() +
                        " cannot be read, though it says that a certificate was issued: " + error.what(),
                    "restore that file from a backup");
    }
}

void IssuanceLog::append(const LogEntry& entry) const {
    const Folder log = folder_->make(log_folder);
    log.replace(entry.issuance + std::string(suffix), bytes_of(entry));
    try {
        add_to_index(*folder_, {entry.issuance, entry.what->sha256, entry.spki});
    } catch (const Error&) {
        return;  // the entry stands; the index only saves time
    }
}

IssuanceLog::Listing IssuanceLog::list(x509::CertificateCache& cache) const {
    Listing listing;
    const std::optional<Folder> log = folder_->enter(log_folder);
    if (!log)
        return listing;
    const std::vector<IssuedRecord> index = read_index(*folder_);
    std::size_t unreadable = 0;
    for (const std::string& name : log->names()) {
        if (!name.ends_with(suffix))
            continue;
        const std::string issuance = name.substr(0, name.size() - suffix.size());
        if (!is_issuance_id(issuance))
            continue;
        const auto known = std::lower_bound(
            index.begin(), index.end(), issuance, [](const IssuedRecord& a, const std::string& id) {
                return a.issuance < id;
            });
        if (known != index.end() && known->issuance == issuance) {
            listing.records.push_back(*known);
            continue;
        }
        try {
            const std::optional<LogEntry> entry = find(issuance, cache);
            if (entry)
                listing.records.push_back({issuance, entry->what->sha256, entry->spki});
        } catch (const Error& error) {
            if (++unreadable <= most_notes)
                listing.notes.emplace_back(error.what());
        }
    }
    if (unreadable > most_notes)
        listing.notes.push_back("and " + std::to_string(unreadable - most_notes) + " more of its log");
    return listing;
}

}  // namespace edgecert
