// Reader of the kind SanList.
#include "resources/kinds/san_list.h"

namespace edgecert {

SanListFields read_san_list(Fields& fields) {
    return {read_names(fields, "dns", NameKind::dns, Null::refused),
            read_names(fields, "ip", NameKind::ip, Null::refused),
            fields.texts("include")};
}

}  // namespace edgecert
