// UTF-8 here, UTF-16 in Windows; and what Windows calls its errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace edgecert::windows {

[[nodiscard]] std::wstring widen(std::string_view utf8);
[[nodiscard]] std::string narrow(std::wstring_view text);

// The system's words for one of its errors and its number: "Access is denied. (0x00000005)".
[[nodiscard]] std::string system_text(std::uint32_t error);
[[nodiscard]] std::uint32_t last_error();

// Throws Error `code`: `what`, then the words for the last error.
[[noreturn]] void fail(const std::string& code, const std::string& what);
[[noreturn]] void fail(const std::string& code, const std::string& what, std::uint32_t error);

}  // namespace edgecert::windows
