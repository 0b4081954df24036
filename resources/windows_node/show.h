// What the stores hold, for people.
#pragma once

#include <string>

#include "resources/windows_node/arguments.h"

namespace edgecert::windows {

// Error "usage": no such store.
[[nodiscard]] std::string show_stores(const Arguments& arguments);

}  // namespace edgecert::windows
