// Opens the authority that a manifest declares.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine/time/instant.h"
#include "resources/authorities/adcs/adcs.h"
#include "resources/authorities/authority.h"

namespace edgecert {

// Touches nothing: the first operation does. `clock` outlives the authority. `doors`: for an adcs authority;
// what they hide is kept from a command authority's program, too.
[[nodiscard]] std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec,
                                                        Clock& clock,
                                                        std::function<std::string(std::size_t)> random_bytes,
                                                        AdcsDoors doors = {});

}  // namespace edgecert
