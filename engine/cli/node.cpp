// node: the far end; serves one server's store on stdin and stdout to a controller.
#include "resources/stores/node.h"

#include <filesystem>
#include <string>
#include <unistd.h>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/signals.h"
#include "resources/stores/open.h"
#include "resources/world/real_world.h"

namespace edgecert {
namespace {

int run_node(const Options& options, Console& /*console*/) {
    if (isatty(STDIN_FILENO) != 0) {
        throw Error("usage",
                    "a node is spoken to by a controller, not by a person: standard input is a terminal",
                    "in a manifest: store: {command: [ssh, -T, SERVER, edgecert, node, --directory, DIR]}");
    }
    const StoreSpec spec{
        .directory = std::filesystem::absolute(options.directory).lexically_normal().string(),
        .activate = options.activation,
        .key_group = options.key_group};
    SystemClock clock{stop_request()};
    const auto store = open_directory_store(spec, clock);
    return serve_node(*store,
                      STDIN_FILENO,
                      STDOUT_FILENO,
                      clock,
                      NodeOptions{.program = EDGECERT_VERSION, .activates = !spec.activate.empty()});
}

}  // namespace

Command node_command() {
    return {.name = "node",
            .usage = "--directory DIR [--key-group GROUP] [-- ARG…]",
            .summary = "the far end: serves one server's store on stdin and stdout",
            .description =
                "Started by a controller, usually through ssh, and ended by it; it leaves by itself after a "
                "minute without a word. It runs without a "
                "terminal and never asks.\n\n"
                "What follows -- is run, as it stands and without a shell, after an assignment. In sshd's "
                "forced command "
                "(command=\"edgecert node --directory /var/lib/edgecert -- systemctl reload nginx\") nobody "
                "but the server's "
                "administrator decides what may be run and which folder is served.",
            .options = {{.flags = "--directory",
                         .value = "DIR",
                         .text = "the store's folder; made by the first change",
                         .into = &Options::directory,
                         .completes = Completes::folder,
                         .required = true},
                        {.flags = "--key-group",
                         .value = "GROUP",
                         .text = "keys may be read by this group too (0640)",
                         .into = &Options::key_group}},
            .examples = {{.line = "edgecert node --directory /var/lib/edgecert -- systemctl reload nginx",
                          .text = "On a server whose nginx serves roles/internal/."}},
            .exits = {{.status = 0, .text = "the controller has left"},
                      {.status = 1, .text = "the store or the conversation broke"}},
            .run = run_node,
            .takes_rest = true};
}

}  // namespace edgecert
