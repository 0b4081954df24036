// What a store keeps with a certificate, in its properties.
#pragma once

#include <optional>
#include <string>

#include "resources/windows_node/handles.h"
#include "resources/windows_node/keys.h"

namespace edgecert::windows {

// A certificate in a store with what the store keeps about it.
struct Stored {
    std::string der{};
    std::string friendly_name{};
    std::optional<Container> key{};
    std::string record{};  // ours, in a property of our own; "" when it is not ours
};
[[nodiscard]] Stored read_stored(PCCERT_CONTEXT certificate);

// Error "store-refused": the system does not take it.
void write_record(PCCERT_CONTEXT certificate, const std::string& record);
void write_friendly_name(PCCERT_CONTEXT certificate, const std::string& name);  // "": none
void write_key(PCCERT_CONTEXT certificate, Container key);

// Does this system keep properties that it does not know, with a certificate of these bytes? Wine does not:
// the record stands in another one there.
[[nodiscard]] bool keeps_own_properties(const std::string& der);

// Views for crypt32, which takes what it only reads as if it changed it.
[[nodiscard]] BYTE* octets(const std::string& bytes);
[[nodiscard]] CRYPT_DATA_BLOB blob_of(const std::string& bytes);

}  // namespace edgecert::windows
