// Entries of a store as JSON: the same form on disk, on the wire and in saved observations.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>

#include "resources/stores/observation.h"
#include "resources/stores/store.h"

namespace edgecert {

// How a certificate is written inside an entry: named by its SHA-256 where the bytes travel beside, or whole.
using WriteCertificate = std::function<nlohmann::ordered_json(const x509::CertificateRef&)>;
using ReadCertificate = std::function<x509::CertificateRef(const nlohmann::ordered_json&)>;

[[nodiscard]] nlohmann::ordered_json inline_certificate(
    const x509::CertificateRef& certificate);  // base64 DER, or null
[[nodiscard]] ReadCertificate read_inline(x509::CertificateCache& cache, const std::string& code);

[[nodiscard]] nlohmann::ordered_json certificates_to_json(
    const std::vector<x509::CertificateRef>& certificates, const WriteCertificate& write);
[[nodiscard]] std::vector<x509::CertificateRef> certificates_from_json(const nlohmann::ordered_json& list,
                                                                       const ReadCertificate& read);

[[nodiscard]] nlohmann::ordered_json request_to_json(const RequestEntry& entry,
                                                     const WriteCertificate& write);
[[nodiscard]] RequestEntry request_from_json(const nlohmann::ordered_json& json,
                                             const std::string& code,
                                             const ReadCertificate& read);

[[nodiscard]] nlohmann::ordered_json rejection_to_json(const Rejection& rejection);
[[nodiscard]] Rejection rejection_from_json(const nlohmann::ordered_json& json, const std::string& code);

// How an entry in the personal store is labelled, and since when nothing needs it.
struct PersonalRecord {
    PersonalLabel label{};
    std::optional<Instant> superseded{};
    std::string key_group{};  // whom the key was given to when it was written; "": nobody
    bool operator==(const PersonalRecord&) const = default;
};
[[nodiscard]] nlohmann::ordered_json label_to_json(const PersonalLabel& label);
[[nodiscard]] PersonalLabel label_from_json(const nlohmann::ordered_json& json, const std::string& code);

[[nodiscard]] std::optional<KeyState> parse_key_state(std::string_view text);

}  // namespace edgecert
