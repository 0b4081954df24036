// Walks folders for manifests.
#include "engine/manifest/find_files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

void tell(std::vector<Diagnostic>& diagnostics, const fs::path& path, std::string code, std::string text) {
    diagnostics.push_back(
        {.code = std::move(code), .text = std::move(text), .where = {.file = path.string()}});
}

bool is_manifest(std::string_view name) {
    return name.ends_with(".yaml") || name.ends_with(".yml");
}

// Takes one folder's manifests, and puts the folders in it on the list of those to be walked.
void take_folder(const fs::path& folder,
                 const FolderTest& is_other,
                 std::vector<fs::path>& found,
                 std::vector<fs::path>& to_walk,
                 std::vector<Diagnostic>& diagnostics) {
    std::error_code failure;
    fs::directory_iterator entry(folder, failure);
    while (!failure && entry != fs::directory_iterator()) {
        const std::string_view path = entry->path().native();
        const std::string_view name = path.substr(path.rfind('/') + 1);
        std::error_code ignored;
        // Asked in the way that the list itself answers: stores stand below manifests, with a great many
        // files.
        const bool is_link = entry->is_symlink(ignored);
        if (name.starts_with('.')) {
            // hidden
        } else if (!is_link && entry->is_directory(ignored)) {
            if (!is_other || !is_other(entry->path())) {
                to_walk.push_back(entry->path());
            }
        } else if (is_manifest(name) && !entry->is_directory(ignored)) {
            found.push_back(entry->path());
        }
        entry.increment(failure);
    }
    if (failure) {
        tell(diagnostics, folder, "unreadable", "the folder cannot be listed: " + failure.message());
    }
}

void take_path(const fs::path& path,
               const FolderTest& is_other,
               std::vector<fs::path>& found,
               std::vector<Diagnostic>& diagnostics) {
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    if (status.type() == fs::file_type::not_found) {
        tell(diagnostics, path, "no-such-path", "there is no such file or folder");
        return;
    }
    if (failure) {
        tell(diagnostics, path, "unreadable", "it cannot be looked at: " + failure.message());
        return;
    }
    if (!fs::is_directory(status)) {
        found.push_back(path);
        return;
    }
    const std::size_t mistakes = diagnostics.size();
    const std::size_t before = found.size();
    std::vector<fs::path> to_walk = {path};
    while (!to_walk.empty()) {
        const fs::path next = std::move(to_walk.back());
        to_walk.pop_back();
        take_folder(next, is_other, found, to_walk, diagnostics);
    }
    if (found.size() == before && diagnostics.size() == mistakes) {
        tell(diagnostics, path, "no-manifests", "the folder holds no manifest (*.yaml or *.yml)");
    }
}

// A file that several arguments lead to would declare everything twice.
void drop_repeated(std::vector<fs::path>& files) {
    std::set<fs::path> seen;
    const auto repeated = [&seen](const fs::path& file) {
        std::error_code failure;
        const fs::path real = fs::canonical(file, failure);
        return !failure && !seen.insert(real).second;
    };
    files.erase(std::remove_if(files.begin(), files.end(), repeated), files.end());
}

}  // namespace

std::vector<fs::path> find_files(const std::vector<fs::path>& paths,
                                 const FolderTest& is_other,
                                 std::vector<Diagnostic>& diagnostics) {
    std::vector<fs::path> found;
    for (const fs::path& path : paths) {
        take_path(path, is_other, found, diagnostics);
    }
    for (fs::path& file : found) {
        file = file.lexically_normal();  // "./a.yaml" is shown as "a.yaml"
    }
    std::sort(found.begin(), found.end());
    if (paths.size() > 1) {
        drop_repeated(found);
    }
    return found;
}

}  // namespace edgecert
