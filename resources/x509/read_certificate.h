// One certificate taken apart, its hash being known already; private to this folder and to whoever reads
// certificates without OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "resources/x509/certificate.h"

namespace edgecert::x509 {

// As parse_certificate; `fingerprint` is the SHA-256 of `der`.
[[nodiscard]] CertificateRef read_certificate(std::string_view der, std::string fingerprint);

}  // namespace edgecert::x509
