// Forms that several commands' JSON share: certificates, times, and the bytes of a whole
// result.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "engine/time/instant.h"
#include "resources/x509/certificate.h"

namespace edgecert {

// Two spaces of indentation, invalid UTF-8 replaced, a line feed at the end.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& json);
// Writes a result where the user wants it (--out), over an older one of the same kind at most: `mark` is what
// the beginning of such a file holds. Throws Error "exists" when the file is something else.
void write_result(const std::string& path, std::string_view bytes, std::string_view mark, mode_t mode = 0644);
[[nodiscard]] nlohmann::ordered_json time_to_json(const std::optional<Instant>& when);  // RFC 3339, or null
// sha256, sha1, serial both ways, subject, issuer, names, validity, key; null when there is no certificate.
[[nodiscard]] nlohmann::ordered_json certificate_to_json(const x509::CertificateRef& certificate);

}  // namespace edgecert
