// Files of the node: opened without following links, written through.
#include "resources/windows_node/data_folder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// clang-format off
#include <aclapi.h>
#include <sddl.h>
// clang-format on

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/hash.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::string_view half_written = ".new-";

std::wstring program_data() {
    std::array<wchar_t, 512> folder{};
    const DWORD length =
        ::GetEnvironmentVariableW(L"ProgramData", folder.data(), static_cast<DWORD>(folder.size()));
    if (length == 0 || length >= folder.size()) {
        throw Error(
            refused, "the environment variable ProgramData names no folder", "name one: --data FOLDER");
    }
    return std::wstring(folder.data(), length) + L"\\edgecert";
}

std::wstring absolute(const std::wstring& path) {
    std::array<wchar_t, 1024> whole{};
    const DWORD length =
        ::GetFullPathNameW(path.c_str(), static_cast<DWORD>(whole.size()), whole.data(), nullptr);
    if (length == 0 || length >= whole.size()) {
        fail(refused, "\"" + narrow(path) + "\" is no path");
    }
    return {whole.data(), length};
}

bool is_folder(const std::wstring& path) {
    const DWORD attributes = ::GetFileAttributesW(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

bool is_link(const std::wstring& path) {
    const DWORD attributes = ::GetFileAttributesW(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

// For administrators and the system alone; what lies in it inherits this.
void make_folder(const std::wstring& path, bool closed) {
    LocalMemory descriptor;
    SECURITY_ATTRIBUTES attributes{};
    if (closed) {
        if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(
                L"D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)", SDDL_REVISION_1, descriptor.receive(), nullptr) ==
            FALSE) {
            fail(refused, "rights for " + narrow(path) + " cannot be made");
        }
        attributes.nLength = sizeof attributes;
        attributes.lpSecurityDescriptor = descriptor.get();
    }
    if (::CreateDirectoryW(path.c_str(), closed ? &attributes : nullptr) == FALSE &&
        last_error() != ERROR_ALREADY_EXISTS) {
        fail(refused, "the folder " + narrow(path) + " cannot be made");
    }
    if (!is_folder(path) || is_link(path)) {
        throw Error(refused, narrow(path) + " is no folder, or a link, and is not followed");
    }
}

// In ProgramData anybody may make folders: one that somebody else made before us is not ours to trust.
void refuse_strangers_folder(const std::wstring& path) {
    PSID owner = nullptr;
    LocalMemory descriptor;
    const DWORD error = ::GetNamedSecurityInfoW(path.c_str(),
                                                SE_FILE_OBJECT,
                                                OWNER_SECURITY_INFORMATION,
                                                &owner,
                                                nullptr,
                                                nullptr,
                                                nullptr,
                                                descriptor.receive());
    if (error != ERROR_SUCCESS) {
        fail(refused, "the owner of " + narrow(path) + " cannot be read", error);
    }
    std::array<std::uint64_t, 64> user{};
    DWORD size = sizeof user;
    SystemHandle token;
    const bool mine = ::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, token.receive()) != FALSE &&
                      ::GetTokenInformation(token.get(), TokenUser, user.data(), size, &size) != FALSE &&
                      ::EqualSid(owner, reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid) != FALSE;
    if (!mine && ::IsWellKnownSid(owner, WinBuiltinAdministratorsSid) == FALSE &&
        ::IsWellKnownSid(owner, WinLocalSystemSid) == FALSE) {
        throw Error(refused,
                    narrow(path) + " belongs to somebody who is no administrator, and is not trusted",
                    "look what is in it, and remove it");
    }
}

SystemHandle open_file(const std::wstring& path, DWORD access, DWORD share, DWORD how, DWORD flags) {
    const HANDLE handle = ::CreateFileW(
        path.c_str(), access, share, nullptr, how, flags | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
    return handle == INVALID_HANDLE_VALUE ? SystemHandle{} : SystemHandle(handle);
}

void write_through(const std::wstring& path, std::string_view bytes) {
    const SystemHandle file =
        open_file(path, GENERIC_WRITE, 0, CREATE_NEW, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH);
    DWORD written = 0;
    if (!file ||
        ::WriteFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr) == FALSE ||
        written != bytes.size() || ::FlushFileBuffers(file.get()) == FALSE) {
        fail(refused, narrow(path) + " cannot be written");
    }
}

}  // namespace

DataFolder::DataFolder(const std::string& path)
    : path_(path.empty() ? program_data() : absolute(widen(path))) {}

std::string DataFolder::path() const {
    return narrow(path_);
}

bool DataFolder::exists() const {
    return is_folder(path_);
}

std::wstring DataFolder::full(const std::string& name) const {
    return path_ + L"\\" + widen(name);
}

void DataFolder::make() {
    if (!exists()) {
        make_folder(path_, true);
    }
    refuse_strangers_folder(path_);
    for (const char* part : {"requests", "roles", "intents"}) {
        make_folder(full(part), false);
    }
}

std::optional<std::string> DataFolder::read(const std::string& name, std::size_t limit) const {
    const SystemHandle file = open_file(
        full(name), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING, 0);
    if (!file) {
        if (last_error() == ERROR_FILE_NOT_FOUND || last_error() == ERROR_PATH_NOT_FOUND) {
            return std::nullopt;
        }
        fail(refused, name + " cannot be read");
    }
    LARGE_INTEGER size{};
    if (::GetFileSizeEx(file.get(), &size) == FALSE || size.QuadPart > static_cast<LONGLONG>(limit)) {
        throw Error(refused, name + " is too large");
    }
    std::string bytes(static_cast<std::size_t>(size.QuadPart), '\0');
    DWORD got = 0;
    if (::ReadFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &got, nullptr) == FALSE) {
        fail(refused, name + " cannot be read");
    }
    bytes.resize(got);
    return bytes;
}

void DataFolder::replace(const std::string& name, std::string_view bytes) const {
    if (read(name, bytes.size() + (std::size_t{1} << 20U)) == std::string(bytes)) {
        return;
    }
    const std::wstring target = full(name);
    const std::wstring beside = target + widen(half_written) + widen(to_hex(random_bytes(8)));
    write_through(beside, bytes);
    if (::MoveFileExW(beside.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ==
        FALSE) {
        const DWORD error = last_error();
        ::DeleteFileW(beside.c_str());
        fail(refused, name + " cannot be replaced", error);
    }
}

void DataFolder::remove(const std::string& name) const {
    if (::DeleteFileW(full(name).c_str()) == FALSE && last_error() != ERROR_FILE_NOT_FOUND &&
        last_error() != ERROR_PATH_NOT_FOUND) {
        fail(refused, name + " cannot be removed");
    }
}

std::vector<std::string> DataFolder::names(const std::string& folder) const {
    std::vector<std::string> all;
    WIN32_FIND_DATAW found{};
    const HANDLE search = ::FindFirstFileW((full(folder) + L"\\*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) {
        return all;
    }
    do {
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
            all.push_back(narrow(static_cast<const wchar_t*>(found.cFileName)));
        }
    } while (::FindNextFileW(search, &found) != FALSE);
    ::FindClose(search);
    std::sort(all.begin(), all.end());
    return all;
}

void DataFolder::sweep(const std::string& folder) const {
    for (const std::string& name : names(folder)) {
        if (name.find(half_written) != std::string::npos) {
            remove(folder + "\\" + name);
        }
    }
}

std::shared_ptr<DataLock> DataFolder::lock(Seconds patience) const {
    SystemHandle file = open_file(full("lock"),
                                  GENERIC_READ | GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                  OPEN_ALWAYS,
                                  FILE_ATTRIBUTE_NORMAL);
    if (!file) {
        fail(refused, "the lock in " + path() + " cannot be opened");
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        OVERLAPPED place{};
        if (::LockFileEx(file.get(), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) !=
            FALSE) {
            return std::make_shared<DataLock>(std::move(file));
        }
        if (last_error() != ERROR_LOCK_VIOLATION && last_error() != ERROR_IO_PENDING) {
            fail(refused, "the lock in " + path() + " cannot be taken");
        }
        if (std::chrono::steady_clock::now() >= until) {
            throw Error("store-locked",
                        "the store of this server is being changed by somebody else",
                        "the lock goes with the process that holds it; try again when it is done");
        }
        ::Sleep(50);
    }
}

}  // namespace edgecert::windows
