// Kind EdgePool, as declared: the servers behind one load balancer and their certificates.
#pragma once

#include <string_view>
#include <vector>

#include "engine/manifest/fields.h"
#include "resources/kinds/shared.h"

namespace edgecert {

struct ServerFields {
    Text name{};
    Field<std::string_view> fqdn{};
    Field<StoreFields> store{};
    Field<std::string_view> pfx{};
    Variables vars{};
    Field<bool> maintenance{};
    Field<bool> absent{};
    Place place{};
};

struct PoolFields {
    PoolDefaults defaults{};
    Field<std::string_view> site{};
    Field<std::string_view> fqdn{};
    Field<std::vector<ServerFields>> servers{};
    Field<std::string_view> request_on{};   // a server of the pool
    Field<ServerFields> request_machine{};  // or a machine outside it
};

[[nodiscard]] PoolFields read_edge_pool(Fields& fields);

}  // namespace edgecert
