// The system calls that change files, as the linker gives them to the simulation instead of the real ones
// (--wrap): each asks the disk that is in use first, and tells it afterwards.
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/support/sim_disk.h"

namespace edgecert {

namespace {

namespace fs = std::filesystem;

fs::path path_of(int descriptor) {
    std::array<char, 4096> target{};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const auto size = ::readlink(link.c_str(), target.data(), target.size());
    return size < 0 ? fs::path() : fs::path(std::string(target.data(), static_cast<std::size_t>(size)));
}

fs::path path_of(int folder, const char* name) {
    const fs::path relative(name);
    return relative.is_absolute() ? relative : path_of(folder) / relative;
}

// The disk in use, if the place is on it.
SimDisk* disk_of(const fs::path& place) {
    SimDisk* disk = DiskUse::current();
    return disk != nullptr && disk->covers(place) ? disk : nullptr;
}

bool refused(SimDisk& disk, DiskCall call) {
    const int why = disk.gate(call);
    errno = why != 0 ? why : errno;
    return why != 0;
}

}  // namespace

}  // namespace edgecert

using edgecert::DiskCall;
using edgecert::SimDisk;

// NOLINTBEGIN: the names and the shapes are the linker's and the system's
extern "C" {

int __real_openat(int folder, const char* name, int flags, ...);
ssize_t __real_write(int file, const void* bytes, size_t count);
int __real_fsync(int file);
int __real_renameat(int from_folder, const char* from, int to_folder, const char* to);
int __real_unlinkat(int folder, const char* name, int flags);
int __real_symlinkat(const char* target, int folder, const char* name);
int __real_mkdirat(int folder, const char* name, mode_t mode);
int __real_fchmod(int file, mode_t mode);
ssize_t __real_getrandom(void* bytes, size_t count, unsigned flags);

int __wrap_openat(int folder, const char* name, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    if ((flags & O_CREAT) == 0 || edgecert::DiskUse::current() == nullptr) {
        return __real_openat(folder, name, flags, mode);
    }
    const auto place = edgecert::path_of(folder, name);
    SimDisk* disk = edgecert::disk_of(place);
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::create)) {
        return -1;
    }
    const int file = __real_openat(folder, name, flags, mode);
    if (disk != nullptr && file >= 0) {
        disk->created(place, mode, (flags & O_TRUNC) != 0);
    }
    return file;
}

ssize_t __wrap_write(int file, const void* bytes, size_t count) {
    if (edgecert::DiskUse::current() == nullptr) {
        return __real_write(file, bytes, count);
    }
    const auto place = edgecert::path_of(file);
    SimDisk* disk = edgecert::disk_of(place);
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::write)) {
        const int why = errno;
        const auto part = __real_write(file, bytes, count / 2);  // a torn write
        if (part > 0) {
            disk->wrote(place, std::string_view(static_cast<const char*>(bytes), count / 2));
        }
        errno = why;
        return -1;
    }
    const auto written = __real_write(file, bytes, count);
    if (disk != nullptr && written > 0) {
        disk->wrote(place, std::string_view(static_cast<const char*>(bytes), static_cast<size_t>(written)));
    }
    return written;
}

int __wrap_fsync(int file) {
    SimDisk* disk =
        edgecert::DiskUse::current() == nullptr ? nullptr : edgecert::disk_of(edgecert::path_of(file));
    if (disk == nullptr) {
        return __real_fsync(file);
    }
    if (edgecert::refused(*disk, DiskCall::sync)) {
        disk->sync_failed(edgecert::path_of(file));
        return -1;
    }
    disk->synced(edgecert::path_of(file));
    return 0;
}

int __wrap_renameat(int from_folder, const char* from, int to_folder, const char* to) {
    SimDisk* disk = edgecert::DiskUse::current() == nullptr
                        ? nullptr
                        : edgecert::disk_of(edgecert::path_of(from_folder, from));
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::rename)) {
        return -1;
    }
    const int result = __real_renameat(from_folder, from, to_folder, to);
    if (disk != nullptr && result == 0) {
        disk->renamed(edgecert::path_of(from_folder, from), edgecert::path_of(to_folder, to));
    }
    return result;
}

int __wrap_unlinkat(int folder, const char* name, int flags) {
    const auto place =
        edgecert::DiskUse::current() == nullptr ? std::filesystem::path() : edgecert::path_of(folder, name);
    SimDisk* disk = edgecert::disk_of(place);
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::remove)) {
        return -1;
    }
    const int result = __real_unlinkat(folder, name, flags);
    if (disk != nullptr && result == 0) {
        disk->removed(place);
    }
    return result;
}

int __wrap_symlinkat(const char* target, int folder, const char* name) {
    const auto place =
        edgecert::DiskUse::current() == nullptr ? std::filesystem::path() : edgecert::path_of(folder, name);
    SimDisk* disk = edgecert::disk_of(place);
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::link)) {
        return -1;
    }
    const int result = __real_symlinkat(target, folder, name);
    if (disk != nullptr && result == 0) {
        disk->linked(place, target);
    }
    return result;
}

int __wrap_mkdirat(int folder, const char* name, mode_t mode) {
    const auto place =
        edgecert::DiskUse::current() == nullptr ? std::filesystem::path() : edgecert::path_of(folder, name);
    SimDisk* disk = edgecert::disk_of(place);
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::folder)) {
        return -1;
    }
    const int result = __real_mkdirat(folder, name, mode);
    if (disk != nullptr && result == 0 && place != disk->folder()) {
        disk->made(place, mode);
    }
    return result;
}

int __wrap_fchmod(int file, mode_t mode) {
    SimDisk* disk =
        edgecert::DiskUse::current() == nullptr ? nullptr : edgecert::disk_of(edgecert::path_of(file));
    if (disk != nullptr && edgecert::refused(*disk, DiskCall::mode)) {
        return -1;
    }
    const int result = __real_fchmod(file, mode);
    if (disk != nullptr && result == 0) {
        disk->set_mode(edgecert::path_of(file), mode);
    }
    return result;
}

ssize_t __wrap_getrandom(void* bytes, size_t count, unsigned flags) {
    SimDisk* disk = edgecert::DiskUse::current();
    if (disk == nullptr) {
        return __real_getrandom(bytes, count, flags);
    }
    const std::string random = disk->random_bytes(count);
    random.copy(static_cast<char*>(bytes), count);
    return static_cast<ssize_t>(count);
}

}  // extern "C"
// NOLINTEND
