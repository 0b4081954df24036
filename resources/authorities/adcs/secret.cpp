// Reading secrets; every copy on the way is wiped.
#include "resources/authorities/adcs/secret.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "engine/transport/process.h"

namespace edgecert::adcs {
namespace {

constexpr std::size_t secret_limit = 64U << 10U;

Secret first_line(std::string bytes) {
    std::string line = bytes.substr(0, bytes.find_first_of("\r\n"));
    wipe(bytes);
    return Secret(std::move(line));
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error("authority-refused", why);
}

Secret from_command(const std::vector<std::string>& argv, const std::vector<std::string>& hidden) {
    const std::string program = argv.empty() ? "" : printable(argv.front(), 200);
    const ProcessLimits limits{.output = secret_limit, .deadline = Seconds{60}};
    ProcessResult result = run_process(argv, "", limits, hidden);
    if (result.timed_out || result.output_exceeded || result.status != 0) {
        wipe(result.output);
        refuse("the command that gives the password (" + program + ") " +
               (result.timed_out ? "does not end" : "ended with status " + std::to_string(result.status)));
    }
    return first_line(std::move(result.output));
}

}  // namespace

Secret read_secret(const SecretSource& source, const std::vector<std::string>& hidden) {
    const std::string place = source.value.empty() ? "" : source.value.front();
    Secret secret;
    switch (source.kind) {
        case SecretSource::Kind::none:
            return {};
        case SecretSource::Kind::env: {
            // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment
            const char* value = std::getenv(place.c_str());
            if (value == nullptr)
                refuse("the password is to come from the environment variable " + printable(place, 100) +
                       ", which is not set");
            secret = Secret(std::string(value));
            break;
        }
        case SecretSource::Kind::file:
            secret = first_line(read_file(place, secret_limit));
            break;
        case SecretSource::Kind::command:
            secret = from_command(source.value, hidden);
            break;
    }
    if (secret.empty())
        refuse("the password is empty where it is kept (" + printable(place, 200) + ")");
    return secret;
}

}  // namespace edgecert::adcs
