// What is kept with a certificate in a property of our own: whose it is and what it is for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resources/stores/observation.h"
#include "resources/stores/store.h"

namespace edgecert::windows {

struct TrustRecord {
    std::string authority{};
    std::string pool{};
};
[[nodiscard]] std::string to_record(const TrustRecord& record);
[[nodiscard]] TrustRecord parse_trust_record(std::string_view text);  // Error "bad-record"

// The label, the chain and the superseded mark of an entry; key, certificate and exportability are not in it.
[[nodiscard]] std::string to_record(const PersonalEntry& entry);
void take_personal_record(PersonalEntry& entry, std::string_view text, x509::CertificateCache& cache);

// Which request a stand-in belongs to.
[[nodiscard]] std::string to_record(const RequestKey& key);
[[nodiscard]] std::optional<RequestKey> parse_request_record(std::string_view text);

}  // namespace edgecert::windows
