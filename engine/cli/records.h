// Where run records are kept, and a record of what somebody did by hand.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/apply/progress.h"
#include "engine/cli/console.h"
#include "engine/time/instant.h"

namespace edgecert {

// $XDG_STATE_HOME/edgecert/runs; ~/.local/state where that is not set or not absolute. Empty: nobody says
// where, and there are no records.
[[nodiscard]] std::filesystem::path runs_folder();

// One record that says `text`: "export", "ams-edge/edge01/internal 3f9a…", before `work` and how that ended
// behind it. What `work` throws goes on. What cannot be kept is said once, and no failure.
void record_by_hand(const std::string& command,
                    const std::string& text,
                    const Clock& clock,
                    const Console& console,
                    const std::function<void()>& work);

// Keeps a page of an authority that was not understood, whole, beside the run records: pages/<digest>.html;
// its path, or "" when it could not be kept. The record of the run names the path.
[[nodiscard]] std::string keep_page(std::string_view page) noexcept;

// Redraws a line on a terminal, else writes lines; to stderr. While it lives nothing else is to be written
// there.
[[nodiscard]] std::unique_ptr<Progress> make_progress(const Console& console, const Clock& clock);

}  // namespace edgecert
