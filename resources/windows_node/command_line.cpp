// Programs found and arguments quoted.
#include "resources/windows_node/command_line.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr const char* cannot_run = "cannot-run";
constexpr std::size_t longest_path = 4096;

bool is_whole_path(const std::wstring& path) {
    const bool drive = path.size() > 3 && path[1] == L':' && (path[2] == L'\\' || path[2] == L'/');
    return drive || path.starts_with(L"\\\\");
}

std::wstring variable(const wchar_t* name) {
    std::wstring value(::GetEnvironmentVariableW(name, nullptr, 0), L'\0');
    value.resize(::GetEnvironmentVariableW(name, value.data(), static_cast<DWORD>(value.size())));
    return value;
}

std::wstring places() {
    std::array<wchar_t, MAX_PATH> folder{};
    const UINT length = ::GetSystemDirectoryW(folder.data(), static_cast<UINT>(folder.size()));
    return std::wstring(folder.data(), length) + L";" + variable(L"PATH");
}

// Without the spaces and dots at its end, which the system passes over when it opens a file.
std::wstring normal(const std::wstring& path) {
    std::array<wchar_t, longest_path> whole{};
    const DWORD length =
        ::GetFullPathNameW(path.c_str(), static_cast<DWORD>(whole.size()), whole.data(), nullptr);
    return length < whole.size() ? std::wstring(whole.data(), length) : std::wstring();
}

bool has_ending(const std::wstring& path, std::wstring_view ending) {
    return path.size() > ending.size() &&
           ::lstrcmpiW(path.c_str() + path.size() - ending.size(), ending.data()) == 0;
}

std::wstring quoted(const std::wstring& argument) {
    if (!argument.empty() && argument.find_first_of(L" \t\n\v\"") == std::wstring::npos) {
        return argument;
    }
    // Backslashes count only before a quote.
    std::wstring out = L"\"";
    std::size_t slashes = 0;
    for (const wchar_t c : argument) {
        if (c == L'\\') {
            ++slashes;
            continue;
        }
        out.append(c == L'"' ? slashes * 2 + 1 : slashes, L'\\');
        slashes = 0;
        out += c;
    }
    return out.append(slashes * 2, L'\\') + L"\"";
}

}  // namespace

std::wstring find_program(const std::string& name) {
    const std::wstring wanted = widen(name);
    const std::string shown = "\"" + printable(name, 256) + "\"";
    const bool path = wanted.find_first_of(L"\\/:") != std::wstring::npos;
    if (wanted.empty() || wanted.find(L'\0') != std::wstring::npos || (path && !is_whole_path(wanted))) {
        throw Error(cannot_run, shown + " names no program", "name it with its whole path");
    }
    std::array<wchar_t, longest_path> found{};
    const std::wstring looked_in = places();
    const DWORD length = ::SearchPathW(path ? nullptr : looked_in.c_str(),
                                       wanted.c_str(),
                                       L".exe",
                                       static_cast<DWORD>(found.size()),
                                       found.data(),
                                       nullptr);
    if (length == 0 || length >= found.size()) {
        fail(cannot_run, shown + " cannot be found");
    }
    std::wstring whole = normal({found.data(), length});
    if (!has_ending(whole, L".exe") && !has_ending(whole, L".com")) {
        throw Error(cannot_run,
                    shown + " is no program (.exe), and what reads it may run what stands in its arguments",
                    "name the program that reads it, and the file as its argument");
    }
    return whole;
}

std::wstring command_line(const std::vector<std::string>& argv) {
    std::wstring line;
    for (const std::string& argument : argv) {
        line += (line.empty() ? L"" : L" ") + quoted(widen(argument));
    }
    return line;
}

}  // namespace edgecert::windows
