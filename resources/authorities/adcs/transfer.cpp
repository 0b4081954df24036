// Options and callbacks of a transfer.
#include "resources/authorities/adcs/transfer.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert::adcs {
namespace {

constexpr std::size_t body_limit = 5U << 20U;
constexpr std::size_t header_limit = 256U << 10U;
constexpr const char* user_agent = "Mozilla/5.0 (compatible; edgecert/" EDGECERT_VERSION ")";

Transfer& transfer_of(void* user) {
    return *static_cast<Transfer*>(user);
}

extern "C" std::size_t adcs_take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    Transfer& transfer = transfer_of(user);
    const std::size_t length = size * count;
    if (transfer.body.size() + length > body_limit) {
        transfer.too_large = true;
        return 0;
    }
    transfer.body.append(bytes, length);
    return length;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\n'))
        text.remove_suffix(1);
    return text;
}

std::string_view value_of(std::string_view header, std::string_view name) {
    const bool same =
        header.size() > name.size() && header[name.size()] == ':' &&
        std::equal(name.begin(), name.end(), header.begin(), [](char a, char b) {
            return (static_cast<unsigned char>(a) | 0x20U) == (static_cast<unsigned char>(b) | 0x20U);
        });
    return same ? trimmed(header.substr(name.size() + 1)) : std::string_view{};
}

// "Basic realm=\"x\"", or several schemes without parameters: "Negotiate, NTLM".
void add_schemes(std::string_view value, std::vector<std::string>& offered) {
    constexpr std::size_t most = 16;
    const bool list = value.find('=') == std::string_view::npos;
    while (!value.empty() && offered.size() < most) {
        const std::size_t end = list ? value.find(',') : std::string_view::npos;
        const std::string_view one = trimmed(value.substr(0, end));
        offered.emplace_back(one.substr(0, one.find(' ')));
        value = end == std::string_view::npos ? std::string_view{} : value.substr(end + 1);
    }
}

void take_status(std::string_view line, Transfer& transfer) {
    const std::size_t space = line.find(' ');
    transfer.status = 0;
    for (const char c : space == std::string_view::npos ? std::string_view{} : line.substr(space + 1, 3))
        transfer.status = c >= '0' && c <= '9' ? transfer.status * 10 + (c - '0') : transfer.status;
    transfer.offered.clear();
    transfer.location.clear();
    transfer.body.clear();
}

extern "C" std::size_t adcs_take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
    Transfer& transfer = transfer_of(user);
    const std::string_view line(bytes, size * count);
    transfer.header_bytes += line.size();
    if (transfer.header_bytes > header_limit) {
        transfer.too_large = true;
        return 0;
    }
    if (line.starts_with("HTTP/"))
        take_status(line, transfer);
    if (const auto value = value_of(line, "www-authenticate"); !value.empty())
        add_schemes(value, transfer.offered);
    if (const auto value = value_of(line, "location"); !value.empty())
        transfer.location = std::string(value);
    if (const auto value = value_of(line, "date"); !value.empty()) {
        const std::time_t seconds = curl_getdate(std::string(value).c_str(), nullptr);
        if (seconds > 0)
            transfer.date = Instant(Seconds(seconds));
    }
    return line.size();
}

extern "C" std::size_t adcs_give_form(char* bytes, std::size_t size, std::size_t count, void* user) {
    Transfer& transfer = transfer_of(user);
    const std::string_view part = transfer.form.substr(transfer.read, size * count);
    std::copy(part.begin(), part.end(), bytes);
    transfer.read += part.size();
    if (!transfer.begun && !part.empty()) {
        transfer.begun = true;
        transfer.status = 0;  // the statuses of a handshake before it say nothing of what becomes of the form
    }
    return part.size();
}

// libcurl wants to send the form again. It may only when the server has said that it did not look at it; on a
// connection that died without a word it would do so by itself, and a second certificate would be issued.
extern "C" int adcs_rewind_form(void* user, curl_off_t offset, int origin) {
    Transfer& transfer = transfer_of(user);
    constexpr long unauthorised = 401;
    const bool unseen = !transfer.begun || transfer.status == unauthorised;
    if (!unseen || origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_FAIL;
    transfer.read = 0;
    transfer.begun = false;
    return CURL_SEEKFUNC_OK;
}

extern "C" int adcs_take_words(
    CURL* /*easy*/, curl_infotype type, char* bytes, std::size_t size, void* user) {
    const std::string_view words = trimmed({bytes, size});
    const std::size_t found =
        type == CURLINFO_TEXT ? words.find("gss_init_sec_context() failed: ") : std::string_view::npos;
    if (found != std::string_view::npos)
        transfer_of(user).ticket_problem = std::string(trimmed(words.substr(words.find(": ", found) + 2)));
    return 0;
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
        throw Error("authority-unreachable",
                    "libcurl does not know the option " + std::to_string(static_cast<int>(option)));
}

void set_seconds(CURL* easy, CURLoption option, Seconds span) {
    set(easy, option, static_cast<long>(span.count()));
}

std::string null_free(std::string_view text) {
    std::string copy(text);
    std::erase(copy, '\0');
    return copy;
}

void set_credentials(CURL* easy, const AdcsAuthority& spec, const Secret& password) {
    std::string secret = null_free(password.view());
    if (spec.method == "certificate") {
        set(easy, CURLOPT_SSLCERT, spec.certificate.c_str());
        set(easy, CURLOPT_SSLKEY, spec.key.c_str());
        // An encrypted key without a password must not ask on the terminal.
        set(easy, CURLOPT_KEYPASSWD, secret.c_str());
    } else if (spec.method == "negotiate") {
        set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_NEGOTIATE));
        set(easy, CURLOPT_USERPWD, ":");
    } else {
        set(easy,
            CURLOPT_HTTPAUTH,
            static_cast<long>(spec.method == "ntlm" ? CURLAUTH_NTLM : CURLAUTH_BASIC));
        set(easy, CURLOPT_USERNAME, spec.username.c_str());
        set(easy, CURLOPT_PASSWORD, secret.c_str());
    }
    wipe(secret);
}

void set_trust(CURL* easy, const AdcsAuthority& spec) {
    set(easy, CURLOPT_PROTOCOLS_STR, "https");
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (!spec.tls_ca.empty()) {
        // It alone, not with the system's roots.
        set(easy, CURLOPT_CAINFO, spec.tls_ca.c_str());
        set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
}

void set_callbacks(CURL* easy, Transfer& transfer, bool negotiate) {
    set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    set(easy, CURLOPT_WRITEFUNCTION, &adcs_take_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_HEADERFUNCTION, &adcs_take_header);
    set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    if (negotiate) {
        // The only way to hear what Kerberos says; nothing but those words is kept of it.
        set(easy, CURLOPT_VERBOSE, 1L);
        set(easy, CURLOPT_DEBUGFUNCTION, &adcs_take_words);
        set(easy, CURLOPT_DEBUGDATA, static_cast<void*>(&transfer));
    }
}

void set_form(CURL* easy, Transfer& transfer) {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.form.size()));
    set(easy, CURLOPT_READFUNCTION, &adcs_give_form);
    set(easy, CURLOPT_READDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_SEEKFUNCTION, &adcs_rewind_form);
    set(easy, CURLOPT_SEEKDATA, static_cast<void*>(&transfer));
    // A connection kept from before may be dead already, and then nobody could tell whether the form arrived.
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
}

}  // namespace

void prepare(CURL* easy,
             Transfer& transfer,
             const AdcsAuthority& spec,
             const std::string& page,
             const Secret& password,
             const Patience& patience) {
    set(easy, CURLOPT_URL, (spec.url + page).c_str());
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // NTLM knows no other
    set(easy, CURLOPT_USERAGENT, user_agent);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set_seconds(easy, CURLOPT_CONNECTTIMEOUT, patience.connect);
    set_seconds(easy, CURLOPT_TIMEOUT, transfer.form.empty() ? patience.get : patience.post);
    set_trust(easy, spec);
    set_credentials(easy, spec, password);
    set_callbacks(easy, transfer, spec.method == "negotiate");
    if (!transfer.form.empty())
        set_form(easy, transfer);
}

}  // namespace edgecert::adcs
