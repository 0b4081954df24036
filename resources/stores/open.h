// Opening stores: in a folder here, or behind a node. Nothing is touched before the first operation.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resources/stores/store.h"

namespace edgecert {

namespace directory {
class KnownKeys;
}

// What stores in folders remember of key files, for the stores of one run to share.
[[nodiscard]] std::shared_ptr<directory::KnownKeys> make_known_keys();

// Error "store-refused": the path is not absolute. The clock must live longer than the store. The variables
// named in `hidden_environment` (a name ending in * hides all that begin so) are kept from what is run after
// an assignment. Without `known` and `certificates` (which has to live longer than the store) the store
// remembers for itself.
[[nodiscard]] std::unique_ptr<CertificateStore> open_directory_store(
    const StoreSpec& spec,
    Clock& clock,
    std::vector<std::string> hidden_environment = {},
    std::shared_ptr<directory::KnownKeys> known = {},
    x509::CertificateCache* certificates = nullptr);

// `argv` starts a node (ssh … edgecert node …); `server_name` stands in every message; `hidden_environment`
// is kept from it.
[[nodiscard]] std::unique_ptr<CertificateStore> open_remote_store(
    std::vector<std::string> argv,
    std::string server_name,
    Clock& clock,
    std::vector<std::string> hidden_environment);

}  // namespace edgecert
