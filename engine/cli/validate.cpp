// validate: manifests only; no server and no authority is touched.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/cli/command.h"
#include "engine/cli/console.h"
#include "engine/cli/declared.h"
#include "engine/cli/json.h"
#include "engine/plan/plan_json.h"
#include "resources/kinds/fleet.h"

namespace edgecert {
namespace {

std::size_t servers_of(const Fleet& fleet) {
    std::size_t count = 0;
    for (const Pool& pool : fleet.pools)
        count += pool.servers.size();
    return count;
}

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string in_text(const Resolved& resolved, std::size_t errors) {
    const Fleet& fleet = resolved.fleet;
    if (errors > 0)
        return counted(errors, "mistake", "mistakes");
    const std::size_t others = resolved.diagnostics.size();
    return "valid: " + counted(fleet.authorities.size(), "authority", "authorities") + ", " +
           counted(fleet.sites.size(), "site", "sites") + ", " +
           counted(fleet.pools.size(), "pool", "pools") + ", " +
           counted(servers_of(fleet), "server", "servers") +
           (others == 0 ? "" : "; " + counted(others, "warning", "warnings"));
}

std::string in_json(const Resolved& resolved, std::size_t errors) {
    const Fleet& fleet = resolved.fleet;
    nlohmann::ordered_json json;
    json["format"] = "edgecert.validation/1";
    json["valid"] = errors == 0;
    json["authorities"] = fleet.authorities.size();
    json["sites"] = fleet.sites.size();
    json["pools"] = fleet.pools.size();
    json["servers"] = servers_of(fleet);
    json["diagnostics"] = diagnostics_to_json(resolved.diagnostics);
    return text_of(json);
}

int run_validate(const Options& options, Console& console) {
    std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
    if (paths.empty())
        paths.emplace_back(".");
    const Resolved resolved = load_fleet(paths, system_time());
    console.show(resolved.diagnostics);
    const auto errors = static_cast<std::size_t>(
        std::count_if(resolved.diagnostics.begin(), resolved.diagnostics.end(), [](const Diagnostic& each) {
            return each.severity == Severity::error;
        }));
    console.result(options.format == "json" ? in_json(resolved, errors) : in_text(resolved, errors));
    return errors == 0 ? 0 : 1;
}

}  // namespace

Command validate_command() {
    return {.name = "validate",
            .usage = "[OPTIONS] [PATH…]",
            .summary = "checks the manifests only; no server and no authority is touched",
            .description =
                "Reads every manifest and reports all mistakes at once, each with its file, line and column, "
                "the line itself with a caret, "
                "what was expected, and a suggestion where one is near. Warnings do not make it fail; "
                "metadata.annotations: {edgecert/allow: \"code\"} allows one by its code.",
            .options = {paths_row(), format_row({"text", "json"})},
            .examples = {{.line = "edgecert validate fleet",
                          .text = "Before a commit, or as a check of a merge request."}},
            .exits = {{.status = 0, .text = "the manifests are right; there may be warnings"},
                      {.status = 1, .text = "they have mistakes, or cannot be read"}},
            .run = run_validate};
}

}  // namespace edgecert
