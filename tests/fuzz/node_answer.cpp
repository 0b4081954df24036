// Fuzzes what a node says: hellos and answers with every value that can be in them.
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/protocol.h"

namespace {

namespace protocol = edgecert::protocol;

template <typename Read>
void attempt(Read read) {
    try {
        read();
    } catch (const edgecert::Error& error) {
        if (error.diagnostic().code.empty()) {
            __builtin_trap();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string lie = "node-lies";
    attempt([&] { static_cast<void>(protocol::agree({}, protocol::parse_hello(bytes))); });
    attempt([&] {
        const auto answer = protocol::read_answer(bytes, 1);
        const auto* result = std::get_if<nlohmann::ordered_json>(&answer);
        if (result == nullptr) {
            return;
        }
        edgecert::x509::CertificateCache cache;
        attempt([&] { static_cast<void>(edgecert::store_observation_from_json(*result, cache)); });
        attempt([&] {
            static_cast<void>(edgecert::request_from_json(*result, lie, edgecert::read_inline(cache, lie)));
        });
        attempt([&] { static_cast<void>(protocol::command_result_from_json(*result, lie)); });
        attempt([&] { static_cast<void>(protocol::handshake_result_from_json(*result, lie)); });
    });
    return 0;
}
