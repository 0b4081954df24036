// What a person is told who has to find out at an AD CS what became of a submission.
#pragma once

#include <string>

#include "resources/authorities/authority.h"

namespace edgecert {

// Where to look for a request whose answer was lost: the console's folders, and certutil's query by the
// subject's common name.
[[nodiscard]] std::string how_to_look_up(const AdcsAuthority& authority, const std::string& common_name);

}  // namespace edgecert
