// System calls on files as this folder uses them: retried, checked, with the path in every error.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace edgecert::posix {

// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }

private:
    int number_{-1};
};

// Calls again while a signal interrupted the call.
template <typename Call>
auto retried(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

// Throws Error "file-error": "cannot <verb> <path>: <what the system says>".
[[noreturn]] void fail(std::string_view verb, const std::filesystem::path& path, int error_number);

void sync(int descriptor, const std::filesystem::path& path);
void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path);

// Reads an open regular file to its end; anything else than a regular file, or more than `limit` bytes: Error
// "not-a-file" or "too-large". `status` becomes the open file's. The file is `name` in `folder`, or `folder`
// itself when that is empty: put together only for an Error, since this runs for every file of a fleet.
[[nodiscard]] std::string read_all(int descriptor,
                                   std::size_t limit,
                                   struct stat& status,
                                   const std::filesystem::path& folder,
                                   const std::string& name = {});

// `name` itself when it is one component that stays in its folder; else Error "unsafe-name".
const std::string& checked(const std::string& name);

// A name that nobody else has: ".new-" and sixteen random hexadecimal digits.
[[nodiscard]] std::string fresh_name();

}  // namespace edgecert::posix
