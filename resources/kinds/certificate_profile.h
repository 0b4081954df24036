// Kind CertificateProfile, as declared: a certificate that many pools have.
#pragma once

#include "resources/kinds/shared.h"

namespace edgecert {

using ProfileFields = CertificateFields;

[[nodiscard]] ProfileFields read_certificate_profile(Fields& fields);

}  // namespace edgecert
