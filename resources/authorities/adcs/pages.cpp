// Reading the enrolment pages.
#include "resources/authorities/adcs/pages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/authorities/adcs/html.h"
#include "resources/authorities/adcs/text.h"

namespace edgecert::adcs {
namespace {

constexpr std::size_t message_limit = 600;
constexpr std::size_t longest_id = 10;

std::string_view digits_at(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9')
        ++end;
    return text.substr(begin, end - begin);
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// `certnew.cer?ReqID=42&`, in a script or, as `&amp;`, in a link. Links to the CA's own certificate have no
// digits there. Two different ids are none.
std::string issued_id(std::string_view page) {
    constexpr std::string_view link = "certnew.cer?ReqID=";
    std::set<std::string> ids;
    for (std::size_t at = find_folded(page, link); at != std::string_view::npos && ids.size() < 2;
         at = find_folded(page, link, at + 1)) {
        const std::string_view digits = digits_at(page, at + link.size());
        const std::size_t behind = at + link.size() + digits.size();
        if (is_request_id(digits) && behind < page.size() && page[behind] == '&')
            ids.emplace(digits);
    }
    return ids.size() == 1 ? *ids.begin() : "";
}

std::string number_behind(std::string_view text, std::string_view words) {
    const std::size_t at = find_folded(text, words);
    if (at == std::string_view::npos)
        return {};
    std::size_t begin = at + words.size();
    while (begin < text.size() && text[begin] == ' ')
        ++begin;
    const std::string_view digits = digits_at(text, begin);
    return is_request_id(digits) ? std::string(digits) : "";
}

// The request id in an element's text: the words of the English pages, else the only number there is.
std::string id_in_text(const std::string& text) {
    std::string said = number_behind(text, "Request Id is");
    if (!said.empty())
        return said;
    std::vector<std::string> numbers = numbers_in(text);
    std::erase_if(numbers, [](const std::string& number) { return !is_request_id(number); });
    return numbers.size() == 1 ? numbers.front() : "";
}

std::string id_of_element(std::string_view page, const Tag& tag) {
    const std::string near = id_in_text(text_of(content_of(page, tag)));
    return near.empty() ? id_in_text(text_of(reach_of(page, tag))) : near;
}

std::string cut(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '"'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '"'))
        text.remove_suffix(1);
    return printable(text, message_limit);
}

// What stands in quotation marks, of whatever country.
std::string quoted_in(const std::string& text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> marks{{
        {"\"", "\""},
        {"\xE2\x80\x9E", "\xE2\x80\x9C"},  // „ “
        {"\xE2\x80\x9C", "\xE2\x80\x9D"},  // “ ”
        {"\xC2\xAB", "\xC2\xBB"},          // « »
        {"\xE3\x80\x8C", "\xE3\x80\x8D"},  // 「 」
        {"\xE2\x80\x9A", "\xE2\x80\x98"},  // ‚ ‘
    }};
    for (const auto& [open, close] : marks) {
        const std::size_t begin = text.find(open);
        if (begin == std::string::npos)
            continue;
        const std::size_t end = text.find(close, begin + open.size());
        const std::string_view inside = std::string_view(text).substr(
            begin + open.size(), end == std::string::npos ? end : end - begin - open.size());
        if (!inside.empty())
            return cut(inside);
    }
    return {};
}

// What stands around the HRESULT between bytes that are not ASCII: of a page in a code page of its country
// the quotation marks are not known, and the CA's own words are often English.
std::string_view plain_part(std::string_view text) {
    const std::size_t hresult = find_folded(text, "0x8");
    if (hresult == std::string_view::npos || is_utf8(text))
        return text;
    const auto strange = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    std::size_t begin = hresult;
    while (begin > 0 && !strange(text[begin - 1]))
        --begin;
    std::size_t end = hresult;
    while (end < text.size() && !strange(text[end]))
        ++end;
    return text.substr(begin, end - begin);
}

struct Words {
    std::string message{};
    std::string id{};
    std::optional<std::uint32_t> hresult{};
};

Words reason_of(std::string_view page, const Tag& tag) {
    std::string text = text_of(content_of(page, tag));
    Words words;
    words.message = quoted_in(text);
    if (words.message.empty() && !hresult_in(text)) {
        text = text_of(reach_of(page, tag));
        words.message = quoted_in(text);
    }
    words.hresult = hresult_in(words.message);
    if (!words.hresult)
        words.hresult = hresult_in(text);
    words.id = number_behind(text, "Request Id is");
    // The HRESULT and the prose around it are full of digits; the id comes before both.
    const std::size_t quotation = words.message.empty() ? std::string::npos : text.find(words.message);
    if (words.id.empty())
        words.id = id_in_text(text.substr(0, std::min(quotation, find_folded(text, "0x8"))));
    if (words.message.empty())
        words.message = cut(plain_part(text));
    return words;
}

Page denied_page(std::string_view page, const std::string& text) {
    Page result{.kind = Page::Kind::denied};
    if (const auto reason = find_id(page, "locInfoReqIDandReason")) {
        Words words = reason_of(page, *reason);
        result.id = std::move(words.id);
        result.message = std::move(words.message);
        result.hresult = words.hresult;
    }
    if (!result.hresult)
        result.hresult = hresult_in(text);
    return result;
}

Page::Kind kind_of_disposition(std::string_view number) {
    if (number == "2")
        return Page::Kind::denied;
    if (number == "3" || number == "4")
        return Page::Kind::issued;
    if (number == "5")
        return Page::Kind::pending;
    if (number == "6")
        return Page::Kind::revoked;
    return Page::Kind::failed;  // 0 incomplete, 1 error, and whatever else there may be
}

// The page that comes instead of a certificate: a list with the disposition as a number, and its message.
std::optional<Page> disposition_page(std::string_view page, const std::string& text) {
    const auto label = find_id(page, "locDispLabel");
    const auto definition = label ? definition_after(page, *label) : std::nullopt;
    if (!definition)
        return std::nullopt;
    const std::string said = text_of(*definition);
    const std::string_view number = digits_at(said, 0);
    if (number.empty())
        return std::nullopt;
    Page result{.kind = kind_of_disposition(number)};
    const auto message_label = find_id(page, "locDispMsgLabel");
    const auto message = message_label ? definition_after(page, *message_label) : std::nullopt;
    if (message)
        result.message = cut(text_of(*message));
    result.hresult = hresult_in(result.message);
    if (!result.hresult)
        result.hresult = hresult_in(text);
    return result;
}

// What only English pages without ids say.
Page prose_page(const std::string& text) {
    Page result;
    result.id = number_behind(text, "Request Id is");
    result.hresult = hresult_in(text);
    const auto says = [&text](std::string_view words) {
        return find_folded(text, words) != std::string_view::npos;
    };
    const std::size_t quotation = find_folded(text, "disposition message is");
    const std::size_t listed = find_folded(text, "Disposition message:");
    if (quotation != std::string_view::npos)
        result.message = quoted_in(text.substr(quotation));
    else if (listed != std::string_view::npos)
        result.message = cut(std::string_view(text).substr(listed + 20, message_limit));
    const bool pending = says("Taken Under Submission") || says("Certificate Pending");
    const bool denied =
        says("Certificate Request Denied") || says("Denied by") || quotation != std::string_view::npos;
    const bool numbered = !result.id.empty() && !result.hresult;
    if (pending || (numbered && !denied))
        result.kind = Page::Kind::pending;
    else if (denied)
        result.kind = Page::Kind::denied;
    else if (result.hresult)
        result.kind = Page::Kind::failed;
    if (result.kind == Page::Kind::unknown)
        return {};
    if (result.message.empty() && (result.kind == Page::Kind::failed || result.kind == Page::Kind::denied))
        result.message = cut(std::string_view(text).substr(0, message_limit));
    return result;
}

}  // namespace

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= longest_id &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint32_t> hresult_in(std::string_view text) {
    constexpr std::size_t digits = 8;
    for (std::size_t at = find_folded(text, "0x"); at != std::string_view::npos;
         at = find_folded(text, "0x", at + 2)) {
        const std::string_view hex = text.substr(at + 2, digits);
        const bool all = hex.size() == digits && std::all_of(hex.begin(), hex.end(), is_hex);
        const bool ends = at + 2 + digits >= text.size() || !is_hex(text[at + 2 + digits]);
        std::uint32_t value = 0;
        if (all && ends &&
            std::from_chars(hex.data(), hex.data() + hex.size(), value, 16).ec == std::errc{} && value != 0)
            return value;
    }
    return std::nullopt;
}

int renewals_in(std::string_view bytes) {
    constexpr int most = 1000;
    const std::string page = as_ascii_superset(bytes);
    std::size_t at = find_folded(page, "nRenewals");
    for (; at != std::string::npos; at = find_folded(page, "nRenewals", at + 1)) {
        std::size_t i = at + 9;
        while (i < page.size() && (page[i] == ' ' || page[i] == '='))
            ++i;
        const std::string_view digits = digits_at(page, i);
        int value = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty())
            continue;
        return read.ec == std::errc{} ? std::min(value, most) : most;
    }
    return 0;
}

Page read_page(std::string_view bytes) {
    const std::string page = without_comments(as_ascii_superset(bytes));
    const std::string prose = without_scripts(page);
    const std::string text = text_of(prose);
    if (const std::string id = issued_id(page); !id.empty())
        return {.kind = Page::Kind::issued, .id = id};
    if (find_id(page, "locIssRev"))
        return {.kind = Page::Kind::revoked, .hresult = hresult_in(text), .message = ""};
    if (find_id(page, "locDenied") || find_id(page, "locInfoReqIDandReason"))
        return denied_page(page, text);
    if (auto disposition = disposition_page(page, text))
        return *std::move(disposition);
    for (const std::string_view name : {"locInfoReqID", "locInfoChkPnd"}) {
        if (const auto pending = find_id(page, name))
            return {.kind = Page::Kind::pending, .id = id_of_element(page, *pending)};
    }
    return prose_page(text);
}

}  // namespace edgecert::adcs
