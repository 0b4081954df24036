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

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/folder_rights.h"
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

// What reads a file, another controller or a virus scanner, holds it for a moment, in which Windows refuses
// what POSIX allows: to replace it, and to open one that is being replaced.
constexpr int tries = 100;
constexpr DWORD pause = 50;  // milliseconds

bool is_held(DWORD error) {
    return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION ||
           error == ERROR_LOCK_VIOLATION || error == ERROR_USER_MAPPED_FILE;
}

// The error of the last attempt, ERROR_SUCCESS when one succeeded.
template <typename Attempt>
DWORD patiently(Attempt attempt) {
    for (int left = tries;; --left) {
        if (attempt()) {
            return ERROR_SUCCESS;
        }
        const DWORD error = last_error();
        if (left == 0 || !is_held(error)) {
            return error;
        }
        ::Sleep(pause);
    }
}

// NTFS takes role-Internal for role-internal; so do those who look for ours.
std::string small_letters(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::vector<std::string> list_folder(const std::wstring& path, bool folders_too) {
    std::vector<std::string> all;
    WIN32_FIND_DATAW found{};
    const HANDLE search = ::FindFirstFileW((path + L"\\*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) {
        return all;
    }
    do {
        const std::string name = small_letters(narrow(static_cast<const wchar_t*>(found.cFileName)));
        const bool folder = (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        if (!folder || (folders_too && name != "." && name != "..")) {
            all.push_back(name);
        }
    } while (::FindNextFileW(search, &found) != FALSE);
    ::FindClose(search);
    return all;
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

void DataFolder::check() const {
    if (exists()) {
        refuse_strangers_folder(path_);
    }
}

void DataFolder::make() {
    if (!exists()) {
        make_folder(path_, true);
    }
    check();
    for (const char* part : {"requests", "roles", "intents"}) {
        make_folder(full(part), false);
    }
}

bool DataFolder::has(const std::string& name) const {
    return ::GetFileAttributesW(full(name).c_str()) != INVALID_FILE_ATTRIBUTES;
}

std::optional<std::string> DataFolder::read(const std::string& name, std::size_t limit) const {
    if (is_folder(full(name))) {
        throw Error(refused, name + " is a folder");
    }
    SystemHandle file;
    const DWORD error = patiently([&] {
        constexpr DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        file = open_file(full(name), GENERIC_READ, share, OPEN_EXISTING, 0);
        return static_cast<bool>(file);
    });
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) {
        return std::nullopt;
    }
    if (error != ERROR_SUCCESS) {
        fail(refused, name + " cannot be read", error);
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

bool DataFolder::says(const std::string& name, std::string_view bytes) const {
    try {
        return read(name, bytes.size()) == std::string(bytes);
    } catch (const Error&) {
        return false;  // larger, or not to be read: another text in any case
    }
}

void DataFolder::replace(const std::string& name, std::string_view bytes) const {
    if (says(name, bytes)) {
        return;
    }
    const std::wstring target = full(name);
    const std::wstring beside = target + widen(half_written) + widen(to_hex(random_bytes(8)));
    write_through(beside, bytes);
    const DWORD error = patiently([&] {
        return ::MoveFileExW(beside.c_str(),
                             target.c_str(),
                             MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != FALSE;
    });
    if (error != ERROR_SUCCESS) {
        ::DeleteFileW(beside.c_str());
        fail(refused, name + " cannot be replaced", error);
    }
}

void DataFolder::remove(const std::string& name) const {
    const DWORD error = patiently([&] { return ::DeleteFileW(full(name).c_str()) != FALSE; });
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
        fail(refused, name + " cannot be removed", error);
    }
}

std::vector<std::string> DataFolder::names(const std::string& folder) const {
    std::vector<std::string> all = list_folder(full(folder), true);
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<std::string> DataFolder::files(const std::string& folder) const {
    std::vector<std::string> all = list_folder(full(folder), false);
    std::sort(all.begin(), all.end());
    return all;
}

void DataFolder::sweep(const std::string& folder) const {
    for (const std::string& name : files(folder)) {
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
