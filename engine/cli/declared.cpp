// What was declared: the way from the command line's paths to a Fleet, the same for every command.
#include "engine/cli/declared.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "resources/kinds/fleet.h"

namespace edgecert {

Declared declared(const Options& options, Instant now, const Console& console) {
    std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
    if (paths.empty())
        paths.emplace_back(".");
    Resolved resolved = load_fleet(paths, now);
    console.show(resolved.diagnostics);
    const auto errors =
        std::count_if(resolved.diagnostics.begin(), resolved.diagnostics.end(), [](const Diagnostic& each) {
            return each.severity == Severity::error;
        });
    if (errors > 0) {
        throw Error("bad-manifests",
                    errors == 1 ? "the manifests have a mistake; nothing was looked at"
                                : "the manifests have " + std::to_string(errors) +
                                      " mistakes; nothing was looked at");
    }
    return {.fleet = std::move(resolved.fleet), .diagnostics = std::move(resolved.diagnostics)};
}

Instant system_time() {
    return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

Instant planning_time(const Options& options) {
    const bool answers = !options.retry.empty() || !options.resubmit.empty();
    if (options.at.empty() && answers && options.observed.empty()) {
        const Instant next = system_time() + Seconds{1};
        std::this_thread::sleep_until(next);
        return next;
    }
    if (options.at.empty())
        return system_time();
    if (const auto at = parse_rfc3339(options.at))
        return *at;
    throw Error("usage",
                "--at: `" + options.at + "` is no time",
                "write it as RFC 3339 does: 2026-11-22T09:46:07Z, or 2026-11-22 for its midnight in UTC");
}

}  // namespace edgecert
