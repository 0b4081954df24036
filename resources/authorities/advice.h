// What a person is told who has to find out at a CA what became of a submission.
#pragma once

#include <string>

#include "resources/authorities/authority.h"

namespace edgecert {

// Where to look for a request whose answer was lost, as words after which "sent at …" can stand. By its
// public key, or at an AD CS, which shows no keys, in the console's folders and with certutil's query by the
// subject's common name. `authority` null: it is declared no more, `name` is all that is known.
[[nodiscard]] std::string how_to_look_up(const AuthoritySpec* authority,
                                         const std::string& name,
                                         const std::string& public_key,
                                         const std::string& common_name);

}  // namespace edgecert
