// Fuzzes the saved file of an observation, its authorities, pools, answers and stores: what is taken comes
// back the same.
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/pool/view.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        edgecert::x509::CertificateCache cache;
        const edgecert::Observation seen = edgecert::observation_from_json(bytes, cache);
        const std::string saved = edgecert::to_json(seen).dump();
        edgecert::x509::CertificateCache other;
        const edgecert::Observation again = edgecert::observation_from_json(saved, other);
        if (again.at != seen.at || again.authorities != seen.authorities ||
            edgecert::to_json(again).dump() != saved) {
            __builtin_trap();
        }
        for (const auto& [name, pool] : seen.pools) {
            if (again.pools.at(name).servers != pool.servers) {
                __builtin_trap();
            }
        }
    } catch (const edgecert::Error& error) {
        if (error.diagnostic().code != "bad-observation") {
            __builtin_trap();
        }
    }
    return 0;
}
