// What a CA in a folder has issued: one file an issuance id, synced before anybody is answered, and an index
// that only saves time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/files/files.h"
#include "engine/time/instant.h"
#include "resources/authorities/authority.h"
#include "resources/x509/certificate.h"

namespace edgecert {

struct LogEntry {
    std::string issuance{};  // 64 hex digits: the file's name
    std::string serial{};
    std::string spki{};  // SHA-256 of the certified key
    std::string pool{};
    std::string certificate{};  // the declared name
    std::string template_name{};
    std::string holder{};
    Instant issued{};
    x509::CertificateRef what{};
};

// `log/<issuance>.json` are the truth. `log.index` has a line of 195 bytes an entry (issuance, SHA-256, SPKI)
// so that tens of thousands are listed without opening as many files; a line that is torn or missing only
// means that one file is read. Writers hold the CA's lock; readers need none, for entries appear whole and
// never change.
class IssuanceLog final {
public:
    // `folder` (the CA's) must outlive this.
    explicit IssuanceLog(const Folder& folder) : folder_(&folder) {}

    // nullopt: never issued. An entry that cannot be read is Error "authority-refused": it says that
    // something was issued.
    [[nodiscard]] std::optional<LogEntry> find(const std::string& issuance,
                                               x509::CertificateCache& cache) const;
    void append(const LogEntry& entry) const;  // durable when it returns; the entry must not be there yet

    struct Listing {
        std::vector<IssuedRecord> records{};  // sorted by issuance
        std::vector<std::string> notes{};     // entries that could not be read
    };
    [[nodiscard]] Listing list(x509::CertificateCache& cache) const;

private:
    const Folder* folder_;
};

// 64 lower-case hex digits: what may become a file name here.
[[nodiscard]] bool is_issuance_id(const std::string& text);

}  // namespace edgecert
