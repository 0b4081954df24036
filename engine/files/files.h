// Files as the engine handles them: whole, synced, renamed into place, never through a link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace edgecert {

// An open folder. All names are single path components, checked (no '/', not "." or ".."); every open uses
// O_NOFOLLOW, so nothing outside the folder is touched. Operations throw Error with the path in words; a
// missing file is std::nullopt. Codes: unsafe-name, unsafe-link (a link where none is followed),
// unsafe-folder, not-a-folder, not-a-file (a FIFO, device or folder instead of a file; never waited for),
// too-large, and file-error with what the system says. A crash while something is replaced can leave a file
// named ".new-" and sixteen hexadecimal digits.
class Folder {
public:
    // Opens `path` without following a link in its last component; with `create`, makes it and its parents
    // (mode 0755 for parents, `mode` for itself) and syncs each parent. Refuses a folder that others may
    // write to (mode & 0002); so do enter() and make().
    static Folder open(const std::filesystem::path& path, bool create, mode_t mode = 0700);
    static std::optional<Folder> open_existing(
        const std::filesystem::path& path);  // nullopt: it does not exist

    Folder(Folder&& other) noexcept;
    Folder& operator=(Folder&& other) noexcept;
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    struct Stat {
        enum class Kind { file, folder, link, other };
        Kind kind{};
        mode_t mode{};  // permission bits
        uid_t owner{};
        gid_t group{};
        std::size_t size{};
        std::int64_t modified{};  // seconds since the epoch
    };

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] std::vector<std::string> names() const;                   // sorted, without . and ..
    [[nodiscard]] std::optional<Stat> stat(const std::string& name) const;  // of the link itself
    [[nodiscard]] std::optional<std::string> read(const std::string& name,
                                                  std::size_t limit) const;  // over the limit: Error
    // The same, and what the system says of the very file that was read.
    struct Contents {
        std::string bytes{};
        Stat stat{};
    };
    [[nodiscard]] std::optional<Contents> read_with_stat(const std::string& name, std::size_t limit) const;
    [[nodiscard]] std::optional<std::string> read_link(const std::string& name) const;
    [[nodiscard]] std::optional<Folder> enter(
        const std::string& name) const;  // nullopt: absent; a link or file: Error
    [[nodiscard]] Folder make(const std::string& name,
                              mode_t mode = 0755) const;  // enters when it is there; synced

    // Whole-file replacement: written beside under a random name with O_EXCL and `mode`, fsync, rename, fsync
    // of the folder.
    void replace(const std::string& name,
                 std::string_view bytes,
                 mode_t mode = 0644,
                 std::optional<gid_t> group = {}) const;
    void replace_link(const std::string& name,
                      const std::string& target) const;  // symlink beside, rename, fsync folder
    void rename(const std::string& from, const std::string& to) const;  // then fsync of the folder
    void remove(const std::string& name) const;                         // a file or link; absent is fine
    void remove_tree(const std::string& name) const;  // a folder of ours; does not follow links
    void sync() const;

private:
    Folder(std::filesystem::path path, int descriptor);
    std::filesystem::path path_;
    int descriptor_{-1};
};

// An flock(2) on a file in a folder, gone with the process. Waits up to `patience`; nullopt: somebody else
// held it.
class FileLock {
public:
    static std::optional<FileLock> take(const Folder& folder,
                                        const std::string& name,
                                        int patience_milliseconds);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_{-1};
};

// Reads a whole regular file named by a user (links are the user's own business here); over `limit` bytes:
// Error.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::size_t limit);
// Writes a result that a user named (--out): beside, synced, renamed; what a link points at is replaced, not
// the link, and a device or FIFO (/dev/stdout) is written to.
void write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0644);
// Is there a regular file that is not one of its kind, so that writing a result over it would destroy
// something else? Its beginning is shown to `is_ours`; an empty file is nobody's.
[[nodiscard]] bool holds_something_else(const std::filesystem::path& path,
                                        const std::function<bool(std::string_view beginning)>& is_ours);

}  // namespace edgecert
