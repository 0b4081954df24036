// Run records and progress as this program keeps and shows them.
#include "engine/cli/records.h"

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

#include "engine/apply/line_progress.h"
#include "engine/apply/live_progress.h"
#include "engine/apply/run_record.h"
#include "engine/files/files.h"
#include "engine/text/digest.h"

namespace edgecert {
namespace {

std::filesystem::path folder_in(const char* variable) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    std::filesystem::path folder = value == nullptr ? "" : value;
    return folder.is_absolute() ? folder : std::filesystem::path{};
}

}  // namespace

std::filesystem::path runs_folder() {
    std::filesystem::path state = folder_in("XDG_STATE_HOME");
    if (state.empty()) {
        const std::filesystem::path home = folder_in("HOME");
        if (home.empty()) {
            return {};
        }
        state = home / ".local" / "state";
    }
    return state / "edgecert" / "runs";
}

void record_by_hand(const std::string& command,
                    const std::string& text,
                    const Clock& clock,
                    const Console& console,
                    const std::function<void()>& work) {
    RunRecord record{runs_folder(),
                     RunStart{.who = user_at_host(), .command = command, .plan_id = ""},
                     clock,
                     [&console](const std::string& warning) { console.say(warning); }};
    record.note(text);
    try {
        work();
    } catch (const Error& error) {
        record.note("failed: " + error.diagnostic().text);
        record.end(1);
        throw;
    } catch (...) {
        record.end(1);
        throw;
    }
    record.end(0);
}

std::string keep_page(std::string_view page) noexcept {
    try {
        constexpr std::size_t digits = 16;
        const std::filesystem::path runs = runs_folder();
        if (runs.empty()) {
            return {};
        }
        const std::string name = Digest("edgecert.page/1").field(page).hex().substr(0, digits) + ".html";
        const Folder pages = Folder::open(runs, true, 0700).make("pages", 0700);
        pages.replace(name, page, 0600);
        return (pages.path() / name).string();
    } catch (const std::exception&) {
        return {};
    }
}

std::unique_ptr<Progress> make_progress(const Console& console, const Clock& clock) {
    if (console.live()) {
        return std::make_unique<LiveProgress>(
            std::cerr, clock, steady_stopwatch(), [] { return terminal_width(STDERR_FILENO); });
    }
    return std::make_unique<LineProgress>(std::cerr, clock, steady_stopwatch());
}

}  // namespace edgecert
