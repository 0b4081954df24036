// Why an exchange with the enrolment pages failed, in sentences that say what to do. Pure.
#pragma once

#include <string>
#include <vector>

namespace edgecert::adcs {

enum class Trouble {
    status,       // an answer whose status is not 200
    resolve,      // the name is not known
    connect,      // nobody answers there
    handshake,    // TLS, for a reason without a sentence of its own
    untrusted,    // whose web certificate ends in no trusted root
    host_name,    // whose web certificate has other names
    expired,      // whose web certificate has expired, by the clock here
    not_yet,      // … or is not valid yet
    purpose,      // whose web certificate is not made for web servers
    trust_file,   // tls.ca cannot be read
    client_file,  // auth.certificate or auth.key cannot be used
    timeout,      // no answer in time
    broken,       // the connection ended in the middle
    too_large,    // more than was asked for
};

// Everything that is known of a failure; text of the far side raw.
struct FailureFacts {
    Trouble trouble{Trouble::broken};
    std::string url{};       // of the enrolment pages
    std::string page{};      // which of them
    std::string method{};    // of authentication, as declared
    std::string username{};  // or ""
    std::string trust{};     // tls.ca or "": the system's
    long status{};
    std::vector<std::string> offered{};  // authentication schemes of a 401: "NTLM", "Negotiate"
    std::string ticket_problem{};        // what Kerberos said, or ""
    bool channel_binding{};              // can this libcurl do Extended Protection?
    std::string library{};               // "libcurl/7.88.1"
    std::string location{};              // of a redirect
    std::string detail{};                // the library's own words
    int seconds{};                       // the patience that ran out
};

struct Sentence {
    std::string text{};
    std::string hint{};
};
[[nodiscard]] Sentence in_words(const FailureFacts& facts);

// Host and port of an address, for people.
[[nodiscard]] std::string host_of(const std::string& url);

}  // namespace edgecert::adcs
