// Requests (PKCS#10, RFC 2986) signed by a key of the machine, and the stand-in certificates that hold such a
// key in the store REQUEST.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "resources/windows_node/keys.h"
#include "resources/x509/request.h"

namespace edgecert::windows {

// PEM. As x509::make_request: the same extensions, the same refusals.
[[nodiscard]] std::string make_request(const x509::RequestContents& contents, const Container& key);

// A certificate of the simplest kind: common names, and whether it is an authority.
struct CertificateOrder {
    std::string subject{};
    std::string issuer{};
    std::string spki{};  // DER
    Instant now{};
    std::chrono::days lifetime{1};
    bool authority{};
};
[[nodiscard]] std::string make_certificate(const CertificateOrder& order, const Container& signer);

// A self-signed certificate of the key that serves nobody: Windows keeps open requests this way.
[[nodiscard]] std::string make_placeholder(const Container& key, const std::string& name, Instant now);

}  // namespace edgecert::windows
