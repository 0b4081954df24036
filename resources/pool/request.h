// What planning a request and making it share.
#pragma once

#include "resources/pool/planning.h"
#include "resources/x509/request.h"

namespace edgecert {

// A key and a request on the server that is to hold it, where nothing satisfies and nothing is under way; or
// the wait for what has to be seen first.
void diff_request(Planning& planning);

// What a request for this certificate asks for; its public key is not known before it is made.
[[nodiscard]] x509::RequestContents contents_of(const CertificateSpec& spec);

}  // namespace edgecert
