// Reader of the kind Site.
#include "resources/kinds/site.h"

namespace edgecert {

SiteFields read_site(Fields& fields) {
    return read_pool_defaults(fields);
}

}  // namespace edgecert
