// PEM armour taken apart and put on (RFC 7468), strictly enough to see a file that is still being copied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgecert::x509 {

struct PemBlock {
    std::string_view label{};  // a view into the text
    std::string_view body{};   // what stands between the lines, still in base64
};

[[nodiscard]] bool looks_like_pem(std::string_view text);

// All blocks in order; text around them is passed over. Throws Error `code`: a block without its end line, a
// cut BEGIN line.
[[nodiscard]] std::vector<PemBlock> pem_blocks(std::string_view text, const std::string& code);

// The bytes of a block; CR, LF, tabs and spaces inside are passed over. Throws Error `code`.
[[nodiscard]] std::string pem_bytes(const PemBlock& block, const std::string& code);

[[nodiscard]] std::string pem_text(std::string_view label, std::string_view der);  // lines of 64

}  // namespace edgecert::x509
