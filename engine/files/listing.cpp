// What a folder holds: its names, and the removal of a whole tree by them.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/files/posix.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

// The names of one block of getdents64(2): each entry is an inode (8 bytes), an offset (8), its own length
// (2), a type (1) and the name, ended by a zero.
void append_names(std::string_view block, std::vector<std::string>& names) {
    constexpr std::size_t length_at = offsetof(dirent64, d_reclen);
    constexpr std::size_t name_at = offsetof(dirent64, d_name);
    while (block.size() > name_at) {
        unsigned short length = 0;
        std::memcpy(&length, block.data() + length_at, sizeof length);
        std::string name(block.data() + name_at);
        if (name != "." && name != "..") {
            names.push_back(std::move(name));
        }
        block.remove_prefix(length);
    }
}

std::vector<std::string> names_in(int folder, const fs::path& path) {
    // Opened again, because the place in the list belongs to the open file.
    const posix::Descriptor list(posix::retried([folder] { return ::openat(folder, ".", folder_flags); }));
    if (!list.valid()) {
        posix::fail("list", path, errno);
    }
    std::vector<std::string> names;
    std::vector<char> block(32768);
    while (true) {
        const auto size =
            posix::retried([&] { return ::getdents64(list.get(), block.data(), block.size()); });
        if (size < 0) {
            posix::fail("list", path, errno);
        }
        if (size == 0) {
            break;
        }
        append_names({block.data(), static_cast<std::size_t>(size)}, names);
    }
    std::sort(names.begin(), names.end());
    return names;
}

void remove_below(int parent, const std::string& name, const fs::path& path, int depth) {
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) {
        return;
    }
    const int why = errno;
    const posix::Descriptor folder(
        posix::retried([&] { return ::openat(parent, name.c_str(), folder_flags); }));
    if (!folder.valid()) {
        posix::fail("remove", path, why);
    }
    if (depth == 0) {
        throw Error("file-error", path.string() + " holds folders deeper than ours ever are: left as it is");
    }
    for (const std::string& below : names_in(folder.get(), path)) {
        remove_below(folder.get(), below, path / below, depth - 1);
    }
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
        posix::fail("remove", path, errno);
    }
}

}  // namespace

std::vector<std::string> Folder::names() const {
    return names_in(descriptor_, path_);
}

void Folder::remove_tree(const std::string& name) const {
    constexpr int deepest = 16;
    remove_below(descriptor_, posix::checked(name), path_ / name, deepest);
    sync();
}

}  // namespace edgecert
