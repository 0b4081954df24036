// Which files a list of paths means.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {

// True: what is below this folder is something else's, and manifests are not looked for in it.
using FolderTest = std::function<bool(const std::filesystem::path&)>;

// Files as they are named, and those below folders: *.yaml and *.yml, nothing hidden (a name that begins with
// a dot), nothing below folders that `is_other` knows (but for one that is named itself), links to files
// followed, links to folders not. Sorted by path, component by component; a file that several paths lead to
// is there once. What cannot be found or listed is told.
[[nodiscard]] std::vector<std::filesystem::path> find_files(const std::vector<std::filesystem::path>& paths,
                                                            const FolderTest& is_other,
                                                            std::vector<Diagnostic>& diagnostics);

}  // namespace edgecert
