// Opens the authority that a manifest declares.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine/time/instant.h"
#include "resources/authorities/authority.h"

namespace edgecert {

// Touches nothing: the first operation does. `clock` outlives the authority. An adcs authority gives its
// declared chain, and throws Error "adcs-not-available" for everything that needs its client, which is not
// built in.
[[nodiscard]] std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec,
                                                        Clock& clock,
                                                        std::function<std::string(std::size_t)> random_bytes);

}  // namespace edgecert
