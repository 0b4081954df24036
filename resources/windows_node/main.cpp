// edgecert-node.exe: the far end on a Windows server.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <io.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/node.h"
#include "resources/windows_node/arguments.h"
#include "resources/windows_node/command_line.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/pipe_line.h"
#include "resources/windows_node/selftest.h"
#include "resources/windows_node/show.h"
#include "resources/windows_node/text.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {
namespace {

constexpr int failed = 1;
constexpr int misuse = 2;

class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override {
        return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    }
    void sleep(Seconds span) override { ::Sleep(static_cast<DWORD>(span.count() * 1000)); }
};

void write(std::string_view text) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stdout));
    static_cast<void>(std::fflush(stdout));
}

std::vector<std::string> words(int count, const wchar_t* const* list) {
    std::vector<std::string> all;
    for (int at = 1; at < count; ++at) {
        all.push_back(narrow(list[at]));
    }
    return all;
}

// Programs that cannot be run are told of at once, not in the middle of an assignment.
std::unique_ptr<Roles> open_roles(const Arguments& arguments) {
    if (!arguments.module.empty()) {
        static_cast<void>(find_program(arguments.powershell));
        return roles_by_shell(arguments.module, arguments.powershell, arguments.patience);
    }
    if (!arguments.assign_with.empty()) {
        static_cast<void>(find_program(arguments.assign_with.front()));
        return roles_by_program(arguments.assign_with, arguments.patience);
    }
    return roles_in_files(DataFolder(arguments.data));
}

int serve(const Arguments& arguments) {
    SystemClock clock;
    const auto roles = open_roles(arguments);
    if (!arguments.activate.empty()) {
        static_cast<void>(find_program(arguments.activate.front()));
    }
    WindowsStore store(
        {.data = arguments.data, .stores = arguments.stores, .activate = arguments.activate}, *roles, clock);
    NodeDesk desk(store, &store);
    PipeLine line;
    return serve_line(desk,
                      line,
                      clock,
                      {.program = EDGECERT_VERSION,
                       .kind = std::string(protocol::windows_kind),
                       .activates = !arguments.activate.empty()});
}

int run(const Arguments& arguments) {
    if (arguments.command == "help") {
        write(help_text());
    } else if (arguments.command == "version") {
        write("edgecert-node " EDGECERT_VERSION "\n");
    } else if (arguments.command == "show") {
        write(show_stores(arguments));
    } else if (arguments.command == "selftest") {
        return selftest() ? 0 : failed;
    } else {
        return serve(arguments);
    }
    return 0;
}

}  // namespace
}  // namespace edgecert::windows

// The C runtime of mingw would else put the names of files in the place of words with a star.
extern "C" {
int _dowildcard = 0;  // NOLINT: its name and kind are the runtime's
}

// The wide one: the system's shell library, which could take the words apart, costs half of a cold start.
extern "C" int wmain(int count, wchar_t** list);
int wmain(int count, wchar_t** list) {
    using namespace edgecert;
    // Text of ours is UTF-8 with plain line feeds, and frames are bytes.
    _setmode(_fileno(stdout), _O_BINARY);
    try {
        return windows::run(windows::parse_arguments(windows::words(count, list)));
    } catch (const Error& error) {
        const Diagnostic& why = error.diagnostic();
        static_cast<void>(std::fprintf(stderr,
                                       "edgecert-node: %s [%s]%s%s\n",
                                       printable(why.text).c_str(),
                                       why.code.c_str(),
                                       why.hint.empty() ? "" : "; ",
                                       why.hint.c_str()));
        return why.code == "usage" ? windows::misuse : windows::failed;
    } catch (const std::exception& error) {
        static_cast<void>(std::fprintf(stderr, "edgecert-node: %s\n", error.what()));
        return windows::failed;
    }
}
