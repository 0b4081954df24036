// The client of the enrolment pages: one exchange at a time over TLS, bounded in bytes, time and number.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/time/instant.h"
#include "resources/authorities/adcs/failures.h"
#include "resources/authorities/authority.h"

namespace edgecert::adcs {

struct Patience {
    Seconds connect{15};
    Seconds get{60};
    Seconds post{180};
};

struct Reply {
    std::string body{};
    std::optional<Instant> date{};  // by the far side's clock
};

// `arrived`: of a form, that the server may have acted on it; nobody knows.
struct Failure {
    Trouble trouble{Trouble::broken};
    std::string text{};
    std::string hint{};
    bool arrived{};
    std::string body{};  // of an answer whose status is not 200
};
using Answered = std::variant<Reply, Failure>;

// Holds up to limits.concurrent connections, and makes those wait who want more; so it is safe from several
// threads. The password is read once, before the first exchange, and never leaves this object but for the
// server. A form is never sent twice, however the connection fails.
class Client {
public:
    // `hidden`: variables that no child sees.
    Client(AdcsAuthority spec, std::vector<std::string> hidden, Patience patience = {});
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    [[nodiscard]] const AdcsAuthority& spec() const { return spec_; }
    // `page` is appended to the url: "certcarc.asp", "certnew.cer?ReqID=42&Enc=b64".
    [[nodiscard]] Answered get(const std::string& page);
    [[nodiscard]] Answered post(const std::string& page, std::string_view form);

private:
    class State;
    AdcsAuthority spec_;
    std::unique_ptr<State> state_;
};

// name=value&…, as application/x-www-form-urlencoded.
[[nodiscard]] std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace edgecert::adcs
