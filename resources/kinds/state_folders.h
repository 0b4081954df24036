// Folders below manifests that are no place for manifests: what stores and CAs keep.
#pragma once

#include <filesystem>

namespace edgecert {

// Is it the folder of a directory store, by its id (32 hexadecimal digits; or, where somebody spoilt that, by
// its name and the personal store beside it), or of a local CA, by ca/authority.json? Both stand below the
// manifests where `directory` is relative, and whatever somebody dropped there must not stop the fleet.
[[nodiscard]] bool is_kept_state(const std::filesystem::path& folder);

}  // namespace edgecert
