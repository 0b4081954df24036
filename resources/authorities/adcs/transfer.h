// One transfer by libcurl: what goes into it and what is heard of it. Only these files and the client know
// libcurl.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/secret.h"
#include "engine/time/instant.h"
#include "resources/authorities/adcs/client.h"

namespace edgecert::adcs {

// As the callbacks see it.
struct Transfer {
    std::string_view form{};
    std::size_t read{};  // of the form
    bool begun{};        // at least a byte of the form was given away
    std::string body{};
    bool too_large{};
    std::size_t header_bytes{};
    long status{};  // of the last status line
    std::vector<std::string> offered{};
    std::string location{};
    std::optional<Instant> date{};
    std::string ticket_problem{};
    std::array<char, CURL_ERROR_SIZE> error{};
};

// Sets all options of a handle that is as new; `transfer`, `spec` and `password` outlive the transfer. A
// transfer with a form is a POST, which goes out once at most.
void prepare(CURL* easy,
             Transfer& transfer,
             const AdcsAuthority& spec,
             const std::string& page,
             const Secret& password,
             const Patience& patience);

}  // namespace edgecert::adcs
