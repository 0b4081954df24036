// What the enrolment pages of AD CS say: ids of elements, numbers and HRESULTs first, for they survive
// localisation; English prose last. Pure functions over the bytes of a far side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgecert::adcs {

struct Page {
    enum class Kind {
        issued,   // `id`
        pending,  // `id` where the page says it
        denied,   // the CA decided so, at once or later
        revoked,  // it was issued, and then revoked
        failed,   // an error page, or a request that ended in an error
        unknown,  // nothing in it is understood
    };
    Kind kind{Kind::unknown};
    std::string id{};                        // decimal digits, or ""
    std::optional<std::uint32_t> hresult{};  // the first in the message, else on the page
    std::string message{};                   // the CA's own words, one line, at most 600 bytes
    bool operator==(const Page&) const = default;
};

// A page that answers a submission, a poll, or the wish for a certificate that is none yet.
[[nodiscard]] Page read_page(std::string_view bytes);

// `var nRenewals=N;` of certcarc.asp; 0 where it is absent. At most 1000 are believed.
[[nodiscard]] int renewals_in(std::string_view bytes);

// 1 to 10 digits: what may be put into an address.
[[nodiscard]] bool is_request_id(std::string_view text);

// The first 0x and eight hex digits that stand by themselves and are not zero.
[[nodiscard]] std::optional<std::uint32_t> hresult_in(std::string_view text);

}  // namespace edgecert::adcs
