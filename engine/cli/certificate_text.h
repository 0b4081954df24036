// Certificates and keys as the commands print them for people; text of far sides made harmless.
#pragma once

#include <string>

#include "engine/time/instant.h"
#include "resources/stores/observation.h"

namespace edgecert {

[[nodiscard]] std::string short_id(const std::string& id);  // the first 12 digits
// Lines "name  value", each indented: subject, names, issuer, validity, SHA-256, SHA-1, serial both ways.
[[nodiscard]] std::string certificate_lines(const x509::Certificate& certificate,
                                            Instant now,
                                            const std::string& indent);
[[nodiscard]] std::string line_of(const std::string& indent,
                                  const std::string& name,
                                  const std::string& value,
                                  std::size_t width = 12);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, const std::string& between = ", ");

}  // namespace edgecert
