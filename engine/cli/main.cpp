// main: the logger first, then the process made safe for secrets, then one command of the table.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <vector>

#include "engine/cli/console.h"
#include "engine/cli/help.h"
#include "engine/cli/parse.h"
#include "engine/text/encoding.h"
#include "resources/x509/memory.h"

namespace {

using edgecert::Console;
using edgecert::Error;

void log_to_stderr() {
    auto logger =
        std::make_shared<spdlog::logger>("edgecert", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

// Keys pass through this process's memory: no core dump of it, no debugger of the same user on it, and
// nothing of them left when they are done with. A reader that leaves early (`edgecert log | head`) is an
// error of writing, not a signal.
void keep_memory_private() {
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw Error("no-core-limit", "core dumps could not be switched off");
    }
    edgecert::x509::wipe_what_openssl_frees();
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        throw Error("no-signals", "signals could not be set up");
}

// A session with a server takes a few descriptors, and a fleet has thousands of servers: as many as are
// allowed.
void allow_many_files() {
    constexpr rlim_t enough = 65'536;  // some programs that are run here close all there might be, one by one
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < enough) {
        files.rlim_cur = std::min(files.rlim_max, enough);
        static_cast<void>(setrlimit(RLIMIT_NOFILE, &files));  // with fewer it works for fewer servers
    }
}

int run(const std::vector<std::string>& arguments) {
    keep_memory_private();
    allow_many_files();
    const edgecert::Parsed parsed = edgecert::parse(arguments);
    Console console{parsed.options.color};
    if (parsed.help) {
        console.result(edgecert::help_of(*parsed.command));
        return 0;
    }
    return parsed.command->run(parsed.options, console);
}

}  // namespace

int main(int count, char** words) {
    log_to_stderr();
    try {
        return run(std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count));
    } catch (const Error& error) {
        Console{"auto"}.show(error.diagnostic());
    } catch (const std::bad_alloc&) {
        spdlog::error("error: out of memory");
    } catch (const std::exception& error) {
        spdlog::error("error: {}", edgecert::printable(error.what()));
    }
    return 1;
}
