// What apply did, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/apply/executor.h"

namespace edgecert {

[[nodiscard]] nlohmann::ordered_json to_json(const Run& run);  // edgecert.apply/1

}  // namespace edgecert
