// Reader of the kind EdgePool.
#include "resources/kinds/edge_pool.h"

#include <optional>

namespace edgecert {

namespace {

// name, fqdn, store, pfx and vars: what a server of the pool and a request machine outside it have in common.
ServerFields read_machine(Fields& fields) {
    ServerFields server{};
    server.place = fields.place();
    const auto name = fields.text("name");
    server.name = {name.value, name.place};
    server.fqdn = fields.text("fqdn");
    server.store = fields.object("store", read_store, Null::clears);
    server.pfx = fields.choice("pfx", {"modern", "3des-sha1"}, Null::clears);
    server.vars = read_variables(fields);
    fields.require({"name"});
    if (!name.present() || !check_identifier(fields.findings(), server.name, "server")) {
        server.name.value = {};
    }
    return server;
}

std::optional<ServerFields> read_server(Fields& outer, const Value& item) {
    if (item.kind != Value::Kind::mapping) {
        outer.wrong_type(item, "a server such as {name: edge01, fqdn: edge01.contoso.net}");
        return std::nullopt;
    }
    Fields fields(outer.findings(), outer.document(), item, item.mark);
    ServerFields server = read_machine(fields);
    server.maintenance = fields.boolean("maintenance");
    server.absent = fields.boolean("absent");
    fields.require({"fqdn"});
    fields.finish();
    return server.name.value.empty() ? std::nullopt : std::optional(std::move(server));
}

void read_request_on(Fields& fields, PoolFields& pool) {
    const Entry* written = fields.entry("requestOn");
    if (written != nullptr && written->value.kind == Value::Kind::mapping) {
        pool.request_machine = fields.object("requestOn", read_machine);
        if (pool.request_machine.value.name.value.empty()) {
            pool.request_machine.state = Field<ServerFields>::State::broken;
        }
        return;
    }
    pool.request_on = fields.text("requestOn");
}

}  // namespace

PoolFields read_edge_pool(Fields& fields) {
    PoolFields pool{};
    pool.site = fields.text("site");
    pool.fqdn = fields.text("fqdn");
    pool.servers = fields.list("servers", [&](const Value& item) { return read_server(fields, item); });
    read_request_on(fields, pool);
    pool.defaults = read_pool_defaults(fields);
    fields.require({"site", "fqdn", "servers"});
    if (pool.servers.present() && pool.servers.value.empty()) {
        fields.findings().error("missing-server", pool.servers.place, "a pool has at least one server");
        pool.servers.state = Field<std::vector<ServerFields>>::State::broken;
    }
    return pool;
}

}  // namespace edgecert
