// Names, limits and small operations on the files of a directory store; private to this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "resources/stores/observation.h"
#include "resources/x509/certificate.h"

namespace edgecert::directory {

inline constexpr const char* certificate_file = "certificate.pem";
inline constexpr const char* chain_file = "chain.pem";
inline constexpr const char* fullchain_file = "fullchain.pem";
inline constexpr const char* key_file = "key.pem";
inline constexpr const char* request_file = "request.pem";
inline constexpr const char* entry_file = "entry.json";
inline constexpr const char* id_file = "id";
inline constexpr const char* lock_file = "lock";

inline constexpr std::size_t certificate_limit = 64U << 10U;
inline constexpr std::size_t chain_limit = 1U << 20U;
inline constexpr std::size_t entry_limit = 1U << 20U;
inline constexpr std::size_t bundle_limit = 16U << 20U;
inline constexpr std::size_t finding_limit = 1000;

inline constexpr mode_t folder_mode = 0755;
inline constexpr mode_t secret_folder_mode = 0700;

// A store's folder, safe to use: no link, not writable by everybody, and nobody else's. Throws Error
// "store-refused" or "store-unreachable". nullopt: it does not exist (never with `create`).
[[nodiscard]] std::optional<Folder> open_root(const std::string& directory, bool create);

// A folder inside; a link or file in its place is Error "store-refused".
[[nodiscard]] std::optional<Folder> enter(const Folder& parent, const std::string& name);

// Left by a crash in the middle of a replacement or removal of ours: never looked at, swept at the next
// change.
[[nodiscard]] bool is_leftover(std::string_view name);
void sweep(const Folder& root);

[[nodiscard]] std::string new_folder_name();
[[nodiscard]] std::string random_id();  // 32 hex digits

// Gone at once for everybody who looks, whatever happens while its files are taken away.
void remove_folder(const Folder& parent, const std::string& name);

// Writes only what is not there in these bytes already, so that doing a thing again wears no disk out.
void put(const Folder& folder, const std::string& name, std::string_view bytes, mode_t mode = 0644);

[[nodiscard]] std::string pem_of(const std::vector<x509::CertificateRef>& certificates);
// What a TLS server sends: the certificate and its chain without the root.
[[nodiscard]] std::string fullchain_of(const x509::CertificateRef& certificate,
                                       const std::vector<x509::CertificateRef>& chain);

// Was it not read at all (a link, open to everybody, no permission, a broken disk), so that nobody knows what
// is in it? What was read and is rubbish is known to be rubbish.
[[nodiscard]] bool is_unread(const Error& error);

// Findings of one look, bounded, with everything printable.
class Findings {
public:
    void add(const std::string& path, const std::string& code, const std::string& text);
    // `name` in `parent` was not read, for this reason. It is never to be taken for absent.
    void add_unread(const Folder& parent, const std::string& name, const Error& why);

    [[nodiscard]] std::vector<Finding> sorted() const;
    // Throws Error "store-refused" with what was not read, and how its owner mends that.
    void refuse_unread() const;

private:
    std::vector<Finding> findings_{};
    std::vector<Diagnostic> unread_{};
};

}  // namespace edgecert::directory
