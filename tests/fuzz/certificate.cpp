// Fuzzes what is read from stores and authorities: certificates, requests and public keys in DER and PEM.
#include "resources/x509/certificate.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/key.h"
#include "resources/x509/request.h"

namespace {

// Anything but an Error or a value is a finding.
template <typename Action>
void attempt(Action action) {
    try {
        action();
    } catch (const edgecert::Error&) {
        return;
    }
}

void require(bool held) {
    if (!held) {
        __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace x509 = edgecert::x509;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    attempt([&] {
        const x509::CertificateRef certificate = x509::parse_certificate(bytes);
        require(certificate->der == bytes);
        require(edgecert::is_utf8(certificate->subject_text + certificate->issuer_text +
                                  to_text(certificate->subject)));
        for (const std::string& name : to_list(certificate->names)) {
            require(edgecert::is_utf8(name) && name.find('\0') == std::string::npos);
        }
        require(x509::der_of_pem(to_pem(*certificate)) == certificate->der);
    });
    attempt([&] { static_cast<void>(x509::der_of_pem(bytes)); });
    attempt([&] { require(edgecert::is_utf8(to_text(x509::parse_request(bytes).subject))); });
    attempt([&] { static_cast<void>(x509::parse_key(bytes)); });
    return 0;
}
