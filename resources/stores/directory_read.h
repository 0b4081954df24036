// A directory store read as far as it goes: what is right becomes values, what is not becomes findings.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files/files.h"
#include "resources/stores/directory_bundle.h"
#include "resources/stores/directory_files.h"
#include "resources/stores/directory_keys.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/observation.h"
#include "resources/stores/records.h"

namespace edgecert::directory {

// What every reader needs; borrowed for one look.
struct Reading {
    x509::CertificateCache& cache;
    KeyFiles& keys;
    Findings& findings;
    std::set<std::string> serving{};  // certificates that roles point at
};

[[nodiscard]] std::string folder_of(TrustKind kind);  // "root"
[[nodiscard]] std::string bundle_of(TrustKind kind);  // "root.pem"

// Everything of one kind of trust: files of one certificate each, records of who put them there, and the
// consumers' bundle.
struct TrustPlace {
    std::map<std::string, std::vector<std::string>> files{};  // SHA-256 → names of the files that hold it
    std::map<std::string, x509::CertificateRef> certificates{};
    std::map<std::string, BundleMark> records{};  // who put it there, by SHA-256
    std::set<std::string> unread_records{};       // a file is there, and is no record
    Bundle bundle{};
    bool bundle_unreadable{};
    bool bundle_exists{};

    // Ours counts only when consumers find it in the bundle; other people's wherever it is.
    [[nodiscard]] bool present(const std::string& sha256) const;
    // By its record, or by its mark in the bundle.
    [[nodiscard]] std::optional<BundleMark> owner(const std::string& sha256) const;
    [[nodiscard]] bool owned(const std::string& sha256) const { return owner(sha256).has_value(); }
    // Which file of a certificate of ours somebody deleted, while the bundle still holds it: "" when none.
    [[nodiscard]] std::string lost_file(const std::string& sha256) const;
};
[[nodiscard]] TrustPlace read_trust(const Folder& root, TrustKind kind, const Reading& reading);
[[nodiscard]] std::vector<TrustEntry> trust_entries(const TrustPlace& place, TrustKind kind);

// What would keep a change from being made: a folder that may not be written ("not-writable"), a lock that is
// none ("lock-unusable"), each with how that is mended. Told where somebody only looks, for the next apply
// would fail there.
void look_for_obstacles(const Folder& root, Findings& findings);
// The same of a store that is not there yet.
void look_for_obstacles_above(const std::string& directory, Findings& findings);

[[nodiscard]] std::string personal_record_text(const PersonalRecord& record);
[[nodiscard]] PersonalRecord record_of(const PersonalEntry& entry);  // without the key's group
// One entry by its folder's name; nullopt: there is none, or (with a finding) nothing of use.
[[nodiscard]] std::optional<PersonalEntry> read_personal(const Folder& personal,
                                                         const std::string& name,
                                                         const Reading& reading);
[[nodiscard]] std::vector<PersonalEntry> read_all_personal(const Folder& root, const Reading& reading);

// One request by the name of its folder below requests/<pool>/<name>.
[[nodiscard]] std::optional<RequestEntry> read_request(const Folder& folder,
                                                       const RequestKey& key,
                                                       const Reading& reading);
[[nodiscard]] std::vector<RequestEntry> read_requests_below(const Folder& folder,
                                                            const std::string& pool,
                                                            const std::string& name,
                                                            const Reading& reading);
[[nodiscard]] std::vector<RequestEntry> read_all_requests(const Folder& root, const Reading& reading);

[[nodiscard]] std::optional<records::WrittenRole> read_role_record(const Folder& roles,
                                                                   const std::string& role,
                                                                   const Reading& reading);
// The entry that a role's link names, "" when there is no link; nullopt: a link that leads elsewhere, or no
// link at all.
[[nodiscard]] std::optional<std::string> read_role_link(const Folder& roles,
                                                        const std::string& role,
                                                        const std::string& directory);
[[nodiscard]] bool is_role_name(std::string_view name);
// What the links of all roles name; what cannot be read is left to the look at the roles themselves.
[[nodiscard]] std::set<std::string> read_serving(const Folder& root);
[[nodiscard]] std::vector<RoleRecord> read_all_roles(const Folder& root,
                                                     const std::set<std::string>& personal,
                                                     const Reading& reading);

[[nodiscard]] std::string read_id(const Folder& root, Findings& findings);  // "" when there is none
void look_for_rubbish(const Folder& root, Findings& findings);              // names that no store has

}  // namespace edgecert::directory
