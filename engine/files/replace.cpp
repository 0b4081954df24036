// Whole files replaced: written beside, synced, renamed, and the folder synced.
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/files/posix.h"
#include "engine/text/mutant.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

// A new name in a folder that is taken away again unless it was renamed into place.
class Fresh {
public:
    Fresh(int folder, const fs::path& path) : folder_(folder), path_(path), name_(posix::fresh_name()) {}
    Fresh(const Fresh&) = delete;
    Fresh& operator=(const Fresh&) = delete;
    ~Fresh() {
        if (!name_.empty()) {
            ::unlinkat(folder_, name_.c_str(), 0);
        }
    }

    [[nodiscard]] const std::string& name() const { return name_; }

    void become(const std::string& name) {
        if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) {
            posix::fail("replace", path_ / name, errno);
        }
        name_.clear();
        if (!EDGECERT_MUTANT(folder_not_synced)) {
            posix::sync(folder_, path_);
        }
    }

private:
    int folder_;
    const fs::path& path_;
    std::string name_;
};

struct Rights {
    mode_t mode{};
    std::optional<gid_t> group{};
};

void replace_in(
    int folder, const fs::path& path, const std::string& name, std::string_view bytes, Rights rights) {
    Fresh fresh(folder, path);
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    // Never open to more people than `mode` says, not even before the bytes are in; then exactly `mode`,
    // whatever the umask took away, after the group is right.
    const posix::Descriptor file(
        posix::retried([&] { return ::openat(folder, fresh.name().c_str(), flags, rights.mode & S_IRWXU); }));
    if (!file.valid()) {
        posix::fail("write", path / name, errno);
    }
    posix::write_all(file.get(), bytes, path / name);
    if (rights.group && ::fchown(file.get(), static_cast<uid_t>(-1), *rights.group) != 0) {
        posix::fail("set the group of", path / name, errno);
    }
    if (::fchmod(file.get(), rights.mode) != 0) {
        posix::fail("set the mode of", path / name, errno);
    }
    if (!EDGECERT_MUTANT(file_not_synced)) {
        posix::sync(file.get(), path / name);
    }
    fresh.become(name);
}

// A device, FIFO or terminal that a user named for a result is written to, not replaced.
void write_through(const fs::path& path, std::string_view bytes) {
    const posix::Descriptor file(
        posix::retried([&path] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY); }));
    if (!file.valid()) {
        posix::fail("write", path, errno);
    }
    posix::write_all(file.get(), bytes, path);
}

}  // namespace

void Folder::replace(const std::string& name,
                     std::string_view bytes,
                     mode_t mode,
                     std::optional<gid_t> group) const {
    replace_in(descriptor_, path_, posix::checked(name), bytes, {.mode = mode, .group = group});
}

void Folder::replace_link(const std::string& name, const std::string& target) const {
    const std::string& checked = posix::checked(name);
    Fresh fresh(descriptor_, path_);
    if (::symlinkat(target.c_str(), descriptor_, fresh.name().c_str()) != 0) {
        posix::fail("make the link", path_ / name, errno);
    }
    fresh.become(checked);
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
    const posix::Descriptor file(posix::retried(
        [&path] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
    if (!file.valid()) {
        posix::fail("read", path, errno);
    }
    struct stat status {};
    return posix::read_all(file.get(), limit, status, path);
}

bool holds_something_else(const std::filesystem::path& path,
                          const std::function<bool(std::string_view beginning)>& is_ours) {
    constexpr std::size_t enough = 4096;
    std::error_code failure;
    if (!fs::is_regular_file(path, failure) || fs::file_size(path, failure) == 0) {
        return false;
    }
    std::ifstream file(path, std::ios::binary);
    std::string beginning(enough, '\0');
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    beginning.resize(static_cast<std::size_t>(file.gcount()));
    return !is_ours(beginning);
}

void write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        write_through(path, bytes);
        return;
    }
    // A link that the user made stays a link: what it points at is replaced.
    const fs::path target = fs::exists(status) ? fs::canonical(path, failure) : path;
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    const posix::Descriptor folder(
        posix::retried([&parent] { return ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!folder.valid()) {
        posix::fail("write", path, errno);
    }
    replace_in(folder.get(), parent, posix::checked(target.filename().string()), bytes, {.mode = mode});
}

}  // namespace edgecert
