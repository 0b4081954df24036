// Fuzzes observations as JSON: what is taken comes back the same.
#include "resources/stores/observation.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/json_fields.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        edgecert::x509::CertificateCache cache;
        const auto seen =
            edgecert::store_observation_from_json(edgecert::parse_json(bytes, "bad-observation"), cache);
        edgecert::x509::CertificateCache other;
        if (edgecert::store_observation_from_json(edgecert::to_json(seen), other) != seen) {
            __builtin_trap();
        }
    } catch (const edgecert::Error& error) {
        if (error.diagnostic().code != "bad-observation") {
            __builtin_trap();
        }
    }
    return 0;
}
