// Forms that several commands' JSON share: certificates, times, and the bytes of a whole
// result.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

#include "engine/time/instant.h"
#include "resources/x509/certificate.h"

namespace edgecert {

// Two spaces of indentation, invalid UTF-8 replaced, a line feed at the end.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& json);
[[nodiscard]] nlohmann::ordered_json time_to_json(const std::optional<Instant>& when);  // RFC 3339, or null
// sha256, sha1, serial both ways, subject, issuer, names, validity, key; null when there is no certificate.
[[nodiscard]] nlohmann::ordered_json certificate_to_json(const x509::CertificateRef& certificate);

}  // namespace edgecert
