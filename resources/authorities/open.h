// Opens the authority that a manifest declares.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/time/instant.h"
#include "resources/authorities/authority.h"

namespace edgecert {

// Touches nothing: the first operation does. `clock` outlives the authority. An adcs authority gives its
// declared chain, and throws Error "adcs-not-available" for everything that needs its client, which is not
// built in. The variables named in `hidden_environment` are kept from a command authority's program.
[[nodiscard]] std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec,
                                                        Clock& clock,
                                                        std::function<std::string(std::size_t)> random_bytes,
                                                        std::vector<std::string> hidden_environment = {});

}  // namespace edgecert
