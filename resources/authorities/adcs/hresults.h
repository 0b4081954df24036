// The HRESULTs that enrolment ends in, by the names that Windows gives them, with what usually helps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace edgecert::adcs {

struct Hresult {
    std::uint32_t value{};
    std::string_view name{};
    std::string_view meaning{};
    std::string_view hint{};
    // Did the CA certainly never see the request? Then it may be sent again by itself.
    bool undone{};
};

[[nodiscard]] std::span<const Hresult> hresults();  // sorted by value
[[nodiscard]] const Hresult* find_hresult(std::uint32_t value);
[[nodiscard]] std::string hresult_text(std::uint32_t value);  // "0x80094800"

// "CERTSRV_E_TEMPLATE_DENIED (0x80094012): the account …"; of an unknown one its number.
[[nodiscard]] std::string in_words(std::uint32_t value);

}  // namespace edgecert::adcs
