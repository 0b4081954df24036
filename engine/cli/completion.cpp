// completion: the script for bash, and the names it asks for.
#include <filesystem>
#include <set>
#include <string>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/declared.h"
#include "engine/cli/help.h"
#include "resources/kinds/fleet.h"

namespace edgecert {
namespace {

std::set<std::string> names_of(const Fleet& fleet, const std::string& which) {
    std::set<std::string> names;
    for (const AuthoritySpec& authority : fleet.authorities) {
        if (which == "authorities")
            names.insert(authority.name);
        if (which == "addresses")
            names.insert("authority/" + authority.name);
    }
    if (which == "authorities")
        return names;
    for (const Pool& pool : fleet.pools) {
        for (const ServerSpec& server : pool.servers)
            names.insert(pool.name + "/" + server.name);
    }
    if (which == "servers")
        return names;
    for (const auto& [site, where] : fleet.sites)
        names.insert(site);
    for (const Pool& pool : fleet.pools) {
        names.insert(pool.name);
        for (const CertificateSpec& certificate : pool.certificates) {
            names.insert(pool.name + "/" + certificate.name);
            for (const std::string& role : certificate.roles)
                names.insert(pool.name + "/" + role);
        }
    }
    return names;
}

int run_completion(const Options& options, Console& console) {
    if (options.address == "bash") {
        console.result(bash_completion());
        return 0;
    }
    std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
    if (paths.empty())
        paths.emplace_back(".");
    const Resolved resolved = load_fleet(paths, system_time());
    std::string lines;
    for (const std::string& name : names_of(resolved.fleet, options.address))
        lines += name + "\n";
    console.result(lines);
    return 0;
}

}  // namespace

Command completion_command() {
    return {
        .name = "completion",
        .usage = "bash",
        .summary = "the completion script for bash",
        .description =
            "Completes commands, options, files and, from the manifests at hand, addresses. The script asks "
            "the program for these: "
            "`completion addresses`, `completion authorities` and `completion servers` print one a line.",
        .options =
            {{.flags = "WHAT",
              .text =
                  "bash: the script; addresses, authorities, servers: the names that the manifests declare",
              .into = &Options::address,
              .choices = {"bash", "addresses", "authorities", "servers"},
              .required = true},
             paths_row()},
        .examples = {{.line = "source <(edgecert completion bash)",
                      .text = "In ~/.bashrc, or as a file in /etc/bash_completion.d."}},
        .exits = {{.status = 0, .text = "it was printed"},
                  {.status = 1, .text = "there is no such completion"}},
        .run = run_completion};
}

}  // namespace edgecert
