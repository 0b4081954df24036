// Reader of the kind CertificateProfile.
#include "resources/kinds/certificate_profile.h"

namespace edgecert {

ProfileFields read_certificate_profile(Fields& fields) {
    return read_certificate_fields(fields);
}

}  // namespace edgecert
