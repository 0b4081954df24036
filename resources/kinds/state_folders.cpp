// Stores and CAs known by what they write first.
#include "resources/kinds/state_folders.h"

#include <string>
#include <system_error>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t id_size = 32;

bool is_store_id(const fs::path& file) {
    try {
        std::string text = read_file(file, id_size + 1);
        if (!text.empty() && text.back() == '\n') {
            text.pop_back();
        }
        return text.size() == id_size && from_hex(text).has_value();
    } catch (const Error&) {
        return false;  // longer, or nobody may read it
    }
}

}  // namespace

bool is_kept_state(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_regular_file(fs::symlink_status(folder / "ca" / "authority.json", ignored))) {
        return true;
    }
    const fs::path id = folder / "id";
    return fs::is_regular_file(fs::symlink_status(id, ignored)) &&
           (fs::is_directory(fs::symlink_status(folder / "personal", ignored)) || is_store_id(id));
}

}  // namespace edgecert
