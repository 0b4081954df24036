// Which files a list of paths means.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {

// Files as they are named, and those below folders: *.yaml and *.yml, nothing hidden (a name that begins with
// a dot), links to files followed, links to folders not. Sorted by path, component by component; a file that
// several paths lead to is there once. What cannot be found or listed is told.
[[nodiscard]] std::vector<std::filesystem::path> find_files(const std::vector<std::filesystem::path>& paths,
                                                            std::vector<Diagnostic>& diagnostics);

}  // namespace edgecert
