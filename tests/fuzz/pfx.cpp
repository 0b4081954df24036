// Fuzzes PFX files, opened with the password of the corpus and with none.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/pfx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace x509 = edgecert::x509;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const char* password : {"password", ""}) {
        try {
            x509::CertificateCache cache;
            const x509::PfxContents contents = x509::parse_pfx(bytes, edgecert::Secret(std::string(password)), cache);
            if (contents.key.spki_sha256 != contents.certificate->spki_sha256) {
                __builtin_trap();
            }
        } catch (const edgecert::Error&) {
            continue;
        }
    }
    return 0;
}
