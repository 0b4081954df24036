// Fuzzes PFX files, opened with the password of the corpus and with none.
#include "resources/x509/pfx.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/openssl.h"

namespace {

namespace x509 = edgecert::x509;

void open(std::string_view bytes, const char* password) {
    try {
        x509::CertificateCache cache;
        const x509::PfxContents contents =
            x509::parse_pfx(bytes, edgecert::Secret(std::string(password)), cache);
        if (contents.key.spki_sha256 != contents.certificate->spki_sha256) {
            __builtin_trap();
        }
    } catch (const edgecert::Error&) {
        return;
    }
}

std::string with_header(char tag, std::string_view content) {
    std::string whole{tag, '\x84'};
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        whole += static_cast<char>(content.size() >> shift & 0xFFU);
    }
    return whole.append(content);
}

// A changed byte spoils the MAC, and nothing behind it would ever be looked at: so safes are also sealed
// here.
// "" when OpenSSL has no use for these safes.
std::string sealed(std::string_view safes) {
    using PfxHandle = x509::Owned<PKCS12, PKCS12_free>;
    const std::string data_oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 11);
    const std::string content = with_header('\xa0', with_header('\x04', safes));
    const std::string version("\x02\x01\x03", 3);
    const std::string der = with_header('\x30', version + with_header('\x30', data_oid + content));
    const auto pfx = x509::decode_whole<PfxHandle>(d2i_PKCS12, der);
    if (!pfx || PKCS12_set_mac(pfx.get(), "password", -1, nullptr, 0, 1, EVP_sha256()) != 1) {
        return {};
    }
    return x509::encode(i2d_PKCS12, pfx.get());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (!bytes.empty() && bytes.front() == 'S') {
        open(sealed(bytes.substr(1)), "password");
        return 0;
    }
    open(bytes, "password");
    open(bytes, "");
    return 0;
}
