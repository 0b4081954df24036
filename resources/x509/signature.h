// Who signed a certificate; private to this folder.
#pragma once

#include "resources/x509/certificate.h"

namespace edgecert::x509 {

// Does the issuer's key verify the certificate's signature? Names are not looked at.
[[nodiscard]] bool signed_by(const Certificate& subject, const Certificate& issuer);

}  // namespace edgecert::x509
