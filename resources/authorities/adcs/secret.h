// A secret, read from where a manifest says that it is kept.
#pragma once

#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "resources/authorities/authority.h"

namespace edgecert::adcs {

// The first line of a file or of a command's output, or a variable's value; `hidden` variables are kept from
// the command. Error "authority-refused" says which place it is, never what stands there. Nothing declared:
// an empty one.
[[nodiscard]] Secret read_secret(const SecretSource& source, const std::vector<std::string>& hidden);

}  // namespace edgecert::adcs
