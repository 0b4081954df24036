// export: a certificate with its key and whole chain as a PFX, for a server that nothing reaches.
#include <filesystem>
#include <string>
#include <system_error>

#include "engine/cli/by_hand.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/records.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "resources/stores/presented.h"
#include "resources/x509/pfx.h"

namespace edgecert {
namespace {

constexpr mode_t private_file = 0600;
constexpr std::size_t one_time_bytes = 24;

// Where the certificate is taken from: the server named, else the first one that holds it with a key that may
// leave.
struct Holding {
    const ServerSpec* server{};
    const ServerView* view{};
    const PersonalEntry* entry{};
};

Holding find_holding(const PoolUnit& unit, const Address& address, const CertificateSpec& spec) {
    std::string obstacle = "no server that can be reached holds it";
    for (const ServerSpec& server : unit.pool().servers) {
        if (!address.server.empty() && server.name != address.server)
            continue;
        const auto view = unit.view().servers.find(server.name);
        if (view == unit.view().servers.end() || !view->second.reachable)
            continue;
        const PersonalEntry* entry = entry_meant(view->second.store, unit.pool(), spec);
        if (entry == nullptr)
            continue;
        if (entry->key == KeyState::present && entry->exportable)
            return {.server = &server, .view = &view->second, .entry = entry};
        obstacle = "its key on " + server.name + " is " +
                   (entry->key == KeyState::present ? "not exportable" : std::string{to_text(entry->key)});
    }
    throw Error("cannot-export", unit.pool().name + "/" + spec.name + " cannot be exported: " + obstacle);
}

// The store hands it out under a password that lives as long as this function; the file gets the whole chain
// and the person's password.
Secret packed(const Holding& holding, const std::string& name, const Secret& password, World& world) {
    const auto store = world.open_store(holding.server->store, name);
    const Secret one_time{to_hex(world.random_bytes(one_time_bytes))};
    const Secret handed_out = store->export_pfx(holding.entry->id, one_time, x509::PfxProfile::modern);
    x509::PfxContents contents = x509::parse_pfx(handed_out.view(), one_time, world.certificates());
    const StoreObservation& store_now = holding.view->store;
    contents.chain = whole_chain(contents.certificate,
                                 chain_to_present(*holding.entry, store_now.trust),
                                 store_now,
                                 world.clock().now());
    if (contents.friendly_name.empty())
        contents.friendly_name = holding.entry->friendly_name;
    return x509::make_pfx(contents, password, holding.server->pfx);
}

int run_export(const Options& options, Console& console) {
    std::error_code problem;
    if (!options.force && std::filesystem::exists(std::filesystem::symlink_status(options.out, problem))) {
        throw Error("exists", options.out + " is already there; nothing was done", "--force replaces it");
    }
    Inspection inspection{options, console, system_time()};
    const Address address = parse_address(options.address, inspection.fleet());
    const Pool& pool = pool_of(address, inspection.fleet());
    const CertificateSpec& spec = certificate_of(address, pool);
    const PoolUnit& unit = inspection.look({pool.name}).pool(pool.name);
    const Holding holding = find_holding(unit, address, spec);
    const Secret password = password_for(options.password_file, true, console);
    const std::string name = pool.name + "/" + holding.server->name;
    const Secret pfx = packed(holding, name, password, inspection.world());
    record_by_hand("export",
                   name + "/" + spec.name + " " + holding.entry->id + " to " + options.out,
                   inspection.world().clock(),
                   console,
                   [&] { write_file(options.out, pfx.view(), private_file); });
    console.result(options.out);
    console.say("Certificate " + holding.entry->id + " with its key and chain, from " + name +
                ". Whoever has this file and its password has the key.");
    return 0;
}

}  // namespace

Command export_command() {
    return {
        .name = "export",
        .usage = "[OPTIONS] ADDRESS --out FILE.pfx",
        .summary = "a certificate with its key and whole chain as a PFX, for a server that nothing reaches",
        .description =
            "Takes what a role of the address points at (else our newest certificate for it) from the server "
            "named, or from the first "
            "that holds it, with the root and every intermediate, friendly name and the attributes that "
            "Windows wants. The PFX "
            "suits the server's `pfx` profile. The file is for you alone (0600), and an existing one is kept "
            "unless --force.",
        .options = {{.flags = "ADDRESS",
                     .text = "ams-edge/internal, or one server's: ams-edge/edge01/internal",
                     .into = &Options::address,
                     .completes = Completes::address,
                     .required = true},
                    {.flags = "--out",
                     .value = "FILE.pfx",
                     .text = "where to write it",
                     .into = &Options::out,
                     .completes = Completes::file,
                     .required = true},
                    {.flags = "--password-file",
                     .value = "FILE",
                     .text = "its first line is the password; asked on the terminal without it",
                     .into = &Options::password_file,
                     .completes = Completes::file},
                    {.flags = "--force", .text = "replaces an existing file", .into = &Options::force},
                    manifests_row()},
        .examples =
            {{.line = "edgecert export ams-edge/internal --out ams-edge.pfx",
              .text = "Carried by hand to a server behind an air gap; `edgecert import` takes it there."}},
        .exits = {{.status = 0, .text = "the file was written"},
                  {.status = 1,
                   .text = "nothing was written: no key that may leave, an existing file, no password"}},
        .run = run_export};
}

}  // namespace edgecert
