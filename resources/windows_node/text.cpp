// UTF-16 and the system's messages.
#include "resources/windows_node/text.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/handles.h"

namespace edgecert::windows {

std::wstring widen(std::string_view utf8) {
    if (utf8.empty()) {
        return {};
    }
    const int size = static_cast<int>(utf8.size());
    const int needed = ::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, nullptr, 0);
    std::wstring wide(static_cast<std::size_t>(needed), L'\0');
    ::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, wide.data(), needed);
    return wide;
}

std::string narrow(std::wstring_view text) {
    if (text.empty()) {
        return {};
    }
    const int size = static_cast<int>(text.size());
    const int needed = ::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr);
    std::string utf8(static_cast<std::size_t>(needed), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, utf8.data(), needed, nullptr, nullptr);
    return utf8;
}

std::uint32_t last_error() {
    return ::GetLastError();
}

std::string system_text(std::uint32_t error) {
    std::array<wchar_t, 512> words{};
    const DWORD length = ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                                          nullptr,
                                          error,
                                          0,
                                          words.data(),
                                          static_cast<DWORD>(words.size()),
                                          nullptr);
    std::string text = narrow({words.data(), length});
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
        text.pop_back();
    }
    std::string number;
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        number += static_cast<char>((error >> (shift - 8)) & 0xFFU);
    }
    return text + (text.empty() ? "" : " ") + "(0x" + to_hex(number) + ")";
}

void fail(const std::string& code, const std::string& what) {
    fail(code, what, last_error());
}

void fail(const std::string& code, const std::string& what, std::uint32_t error) {
    throw Error(code, what + ": " + system_text(error));
}

}  // namespace edgecert::windows
