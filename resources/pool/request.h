// What planning a request and making it share.
#pragma once

#include "resources/pool/planning.h"

namespace edgecert {

// A key and a request on the server that is to hold it, where nothing satisfies and nothing is under way; or
// the wait for what has to be seen first.
void diff_request(Planning& planning);

}  // namespace edgecert
