// import: a PFX, or an authority's answer, put into one server's store by hand.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "engine/cli/by_hand.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/records.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "resources/pool/by_hand.h"
#include "resources/x509/chain.h"
#include "resources/x509/pfx.h"

namespace edgecert {
namespace {

constexpr std::size_t largest_pfx = 4U << 20U;
constexpr std::size_t largest_bundle = 1U << 20U;

// One server, and what its store is to receive.
struct Target {
    const Pool& pool;
    const ServerSpec& server;
    const CertificateSpec& spec;
    World& world;
    [[nodiscard]] std::string address() const { return pool.name + "/" + server.name + "/" + spec.name; }
};

bool is_pfx(const std::string& file) {
    std::string name = file;
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return name.ends_with(".pfx") || name.ends_with(".p12");
}

void put_recorded(const Target& target,
                  const std::string& sha256,
                  const Console& console,
                  const std::function<void()>& put) {
    record_by_hand("import", target.address() + " " + sha256, target.world.clock(), console, put);
}

// Not ours: what a person put there is used and never removed.
std::string import_pfx(const Target& target, const Options& options, const Console& console) {
    const Secret bytes{read_file(options.file, largest_pfx)};
    const Secret password = password_for(options.password_file, false, console);
    const x509::PfxContents contents = naming(
        options.file, [&] { return x509::parse_pfx(bytes.view(), password, target.world.certificates()); });
    const auto store =
        target.world.open_store(target.server.store, target.pool.name + "/" + target.server.name);
    put_recorded(target, contents.certificate->sha256, console, [&] {
        import_by_hand(*store,
                       bytes,
                       password,
                       contents.friendly_name.empty() ? target.spec.friendly_name : contents.friendly_name,
                       target.spec.exportable);
    });
    return contents.certificate->sha256;
}

// The whole pool is looked at: which request is open, and what would answer it, is no question of one store.
// The look's own session takes the answer.
std::string import_answer(const Target& target, const Options& options, Inspection& inspection) {
    const std::string bytes = read_file(options.file, largest_bundle);
    const auto bundle =
        naming(options.file, [&] { return x509::parse_bundle(bytes, target.world.certificates()); });
    PoolUnit& unit = inspection.look({target.pool.name}, Sessions::keep).pool(target.pool.name);
    const ServerView& view = unit.view().servers.at(target.server.name);
    if (!view.reachable)
        throw Error(
            "store-unreachable",
            target.pool.name + "/" + target.server.name + " cannot be reached: " + printable(view.error));
    const PlanInputs inputs{.at = target.world.clock().now()};
    const AnswerByHand answer = judge_by_hand(unit.present(inputs), target.spec, target.server.name, bundle);
    put_recorded(target, answer.certificate->sha256, inspection.console(), [&] {
        accept_by_hand(unit.store(target.server.name), answer);
    });
    return answer.certificate->sha256;
}

int run_import(const Options& options, Console& console) {
    Inspection inspection{options, console, system_time()};
    const Address address = parse_address(options.address, inspection.fleet());
    const Pool& pool = pool_of(address, inspection.fleet());
    const ServerSpec& server = server_of(address, pool);
    const CertificateSpec& spec = certificate_of(address, pool);
    const Target target{.pool = pool, .server = server, .spec = spec, .world = inspection.world()};
    const std::string sha256 = is_pfx(options.file) ? import_pfx(target, options, console)
                                                    : import_answer(target, options, inspection);
    console.result(sha256);
    console.say("It is in the store of " + pool.name + "/" + server.name +
                ". `edgecert plan` says what it is good for; nothing was assigned.");
    return 0;
}

}  // namespace

Command import_command() {
    return {
        .name = "import",
        .usage = "[OPTIONS] ADDRESS FILE",
        .summary = "a PFX, or an authority's answer, put into one server's store by hand",
        .description =
            "A .pfx or .p12 brings certificate, key and chain; it stays yours: used when it satisfies what "
            "is declared, never removed. A "
            ".cer, .crt, .pem or .p7b is an answer to the request that is open on that server and has its "
            "key; one that is not what is declared is refused, and its request stays open.\n\n"
            "Nothing is assigned: the next plan says what the certificate is good for.",
        .options = {{.flags = "ADDRESS",
                     .text = "a certificate on one server, such as ams-edge/edge01/internal",
                     .into = &Options::address,
                     .completes = Completes::address,
                     .required = true},
                    {.flags = "FILE",
                     .text = ".pfx, .p12, .cer, .crt, .pem or .p7b",
                     .into = &Options::file,
                     .completes = Completes::file,
                     .required = true},
                    {.flags = "--password-file",
                     .value = "FILE",
                     .text = "its first line is the password of the PFX; asked on the terminal without it",
                     .into = &Options::password_file,
                     .completes = Completes::file},
                    manifests_row()},
        .examples = {{.line = "edgecert import ams-edge/edge01/internal answer.p7b",
                      .text = "The answer came by mail."},
                     {.line = "edgecert import ams-edge/edge02/internal ams-edge.pfx",
                      .text = "What `export` wrote elsewhere."}},
        .exits = {{.status = 0, .text = "it is in the store"},
                  {.status = 1,
                   .text = "nothing was changed: another key, not what is declared, a wrong password, "
                           "rubbish"}},
        .run = run_import};
}

}  // namespace edgecert
