// Kind Site, as declared: the defaults of a place's pools.
#pragma once

#include "resources/kinds/shared.h"

namespace edgecert {

using SiteFields = PoolDefaults;

[[nodiscard]] SiteFields read_site(Fields& fields);

}  // namespace edgecert
