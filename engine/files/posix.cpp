// Retried and checked system calls.
#include "engine/files/posix.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/random.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"

namespace edgecert::posix {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        const Descriptor old(std::exchange(number_, other.release()));
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        ::close(number_);  // never retried: Linux closes it even when interrupted
    }
}

void fail(std::string_view verb, const std::filesystem::path& path, int error_number) {
    const std::string why = std::error_code(error_number, std::generic_category()).message();
    throw Error("file-error", "cannot " + std::string(verb) + " " + path.string() + ": " + why);
}

void sync(int descriptor, const std::filesystem::path& path) {
    const int result = retried([descriptor] { return ::fsync(descriptor); });
    // EINVAL: a file system that has nothing to sync for a folder says so in this way.
    if (result < 0 && errno != EINVAL && !EDGECERT_MUTANT(sync_error_ignored)) {
        fail("sync", path, errno);
    }
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const auto written = retried([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
        if (written < 0) {
            fail("write", path, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_all(int descriptor,
                     std::size_t limit,
                     struct stat& status,
                     const std::filesystem::path& folder,
                     const std::string& name) {
    const auto path = [&] { return name.empty() ? folder : folder / name; };
    if (::fstat(descriptor, &status) != 0) {
        fail("read", path(), errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error("not-a-file", path().string() + " is not a regular file");
    }
    const auto too_large = [&] {
        return Error("too-large", path().string() + " is larger than " + std::to_string(limit) + " bytes");
    };
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > limit) {
        throw too_large();
    }
    std::string bytes(size + 1, '\0');  // one more, so that the end shows without growing
    std::size_t used = 0;
    while (true) {
        if (used == bytes.size()) {  // it may have grown, and some files of the kernel claim to be empty
            bytes.resize(std::min(limit + 1, used + 4096));
        }
        const auto count =
            retried([&] { return ::read(descriptor, bytes.data() + used, bytes.size() - used); });
        if (count < 0) {
            fail("read", path(), errno);
        }
        used += static_cast<std::size_t>(count);
        if (used > limit) {
            throw too_large();
        }
        const bool all_at_once = size > 0 && used == size && static_cast<std::size_t>(count) == size;
        if (count == 0 || all_at_once) {  // one byte more was asked for than there was: this was the end
            break;
        }
    }
    bytes.resize(used);
    return bytes;
}

const std::string& checked(const std::string& name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
        throw Error("unsafe-name", "\"" + name + "\" is not the name of one file in a folder");
    }
    return name;
}

std::string fresh_name() {
    std::array<char, 8> random{};
    const auto count = retried([&random] { return ::getrandom(random.data(), random.size(), 0); });
    if (count != static_cast<ssize_t>(random.size())) {
        throw Error("file-error", "the system gave no random bytes for the name of a new file");
    }
    return ".new-" + to_hex({random.data(), random.size()});
}

}  // namespace edgecert::posix
