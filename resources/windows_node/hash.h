// Digests and random bytes by the system (bcrypt).
#pragma once

#include <string>
#include <string_view>

namespace edgecert::windows {

[[nodiscard]] std::string digest(const wchar_t* algorithm, std::string_view bytes);  // raw
[[nodiscard]] std::string random_bytes(unsigned long count);

}  // namespace edgecert::windows
