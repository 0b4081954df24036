// What a request asks for beyond subject, names and usages, and why a careful CA would not sign it.
#pragma once

#include <string>
#include <string_view>

namespace edgecert {

// Looks through the extensions of a PKCS#10 request (DER; RFC 2986, RFC 5280 section 4.2). "" or the reason,
// in words, to refuse it: it asks for a CA or for the usages of one, for an extension that is critical and
// not known here, for names that are neither DNS names nor IP addresses, or it is not readable. Its signature
// is somebody else's business (x509::parse_request).
[[nodiscard]] std::string objection_to_extensions(std::string_view request_der);

// The SubjectPublicKeyInfo of a PKCS#10 request, as its DER has it; "" when there is none. Compare its
// SHA-256 before use.
[[nodiscard]] std::string request_public_key(std::string_view request_der);

}  // namespace edgecert
