// Fuzzes what authorities and people send: bundles of certificates, and paths built over whatever is in them.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace x509 = edgecert::x509;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        x509::CertificateCache cache;
        const std::vector<x509::CertificateRef> found = x509::parse_bundle(bytes, cache);
        if (found.empty() || found.size() > 64) {
            __builtin_trap();
        }
        const edgecert::Instant when{std::chrono::seconds(1'800'000'000)};
        static_cast<void>(x509::build_path(found.front(), found, found, when, false));
        if (x509::parse_bundle(x509::make_bundle(found), cache) != found) {
            __builtin_trap();
        }
    } catch (const edgecert::Error&) {
        return 0;
    }
    return 0;
}
