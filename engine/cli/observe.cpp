// observe: what the servers and authorities hold now, as JSON; never a private key.
#include <nlohmann/json.hpp>

#include <string>

#include "engine/cli/addresses.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

// What could not be reached is in the observation; here it is said, and counted.
int say_unreachable(const Observation& seen, const Console& console) {
    int count = 0;
    for (const auto& [name, view] : seen.authorities) {
        if (view.reachable)
            continue;
        console.say("authority/" + name + " cannot be reached: " + printable(view.error));
        ++count;
    }
    for (const auto& [pool, view] : seen.pools) {
        for (const auto& [server, what] : view.servers) {
            if (what.reachable)
                continue;
            console.say(pool + "/" + server + " cannot be reached: " + printable(what.error));
            ++count;
        }
    }
    return count;
}

int run_observe(const Options& options, Console& console) {
    Inspection inspection{options, console, system_time()};
    static_cast<void>(inspection.look(inputs_of(options, inspection.fleet(), system_time()).targets));
    const Observation seen = inspection.observation();
    const std::string text = text_of(to_json(seen));
    if (options.out.empty()) {
        console.result(text);
    } else {
        write_result(options.out, text, "edgecert.observation/");
    }
    return say_unreachable(seen, console) == 0 ? 0 : 1;
}

}  // namespace

Command observe_command() {
    return {
        .name = "observe",
        .usage = "[OPTIONS] [PATH…]",
        .summary = "what the servers and authorities hold now, as JSON; no private key, ever",
        .description =
            "Reads every store and every authority's chain once and writes down what is there: certificates "
            "with their bytes, "
            "whether a key is present, roles, open requests, and the answers that authorities have for "
            "them.\n\n"
            "`edgecert plan --observed FILE` plans against it, on a machine that can reach none of the "
            "servers: a change of the "
            "manifests can be reviewed where no credentials are.",
        .options = {paths_row(),
                    {.flags = "--out",
                     .value = "FILE",
                     .text = "writes it into a file instead of standard output",
                     .into = &Options::out,
                     .completes = Completes::file},
                    target_row(),
                    parallel_row()},
        .examples = {{.line = "edgecert observe fleet --out now.json",
                      .text = "On a machine that reaches the servers, for a review elsewhere."},
                     {.line = "edgecert plan fleet --observed now.json", .text = "The review."}},
        .exits =
            {{.status = 0, .text = "everything was read"},
             {.status = 1,
              .text =
                  "a server or an authority could not be reached; what was read is written all the same"}},
        .run = run_observe};
}

}  // namespace edgecert
