// Kind SanList, as declared: names that certificates share.
#pragma once

#include <vector>

#include "engine/manifest/fields.h"
#include "resources/kinds/shared.h"

namespace edgecert {

struct SanListFields {
    NameItems dns{};
    NameItems ip{};
    Field<std::vector<Text>> include{};
};

[[nodiscard]] SanListFields read_san_list(Fields& fields);

}  // namespace edgecert
