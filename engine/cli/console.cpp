// Console: standard streams with failures noticed, and a terminal asked with or without echo.
#include "engine/cli/console.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdlib>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace edgecert {
namespace {

bool wants_colour(std::string_view color, int descriptor) {
    if (color == "always")
        return true;
    if (color == "never" || isatty(descriptor) == 0)
        return false;
    const char* none = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    return none == nullptr || *none == '\0';
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            throw Error("cannot-write", "the result could not be written to standard output");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

// Echo and signals off while it lives: Ctrl-C then arrives as a byte, so that echo never stays off behind us.
class Unechoed {
public:
    Unechoed() : known_(tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!known_)
            return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    Unechoed(const Unechoed&) = delete;
    Unechoed& operator=(const Unechoed&) = delete;
    ~Unechoed() {
        if (known_)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
    bool known_{};
};

constexpr char interrupt_key = 3;
constexpr char end_key = 4;
constexpr char backspace_key = 8;
constexpr char delete_key = 127;
constexpr std::size_t longest_secret = 1024;

}  // namespace

Console::Console(std::string_view color)
    : colour_in_result_(wants_colour(color, STDOUT_FILENO)),
      colour_in_words_(wants_colour(color, STDERR_FILENO)),
      live_(isatty(STDERR_FILENO) != 0),
      can_ask_(live_ && isatty(STDIN_FILENO) != 0) {}

void Console::result(std::string_view text) const {
    write_all(STDOUT_FILENO, text);
    if (!text.empty() && text.back() != '\n')
        write_all(STDOUT_FILENO, "\n");
}

void Console::say(const std::string& text) const {
    spdlog::info("{}", text);
}

void Console::show(const Diagnostic& diagnostic) const {
    std::string text = render(diagnostic, colour_in_words_);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    if (diagnostic.severity == Severity::error) {
        spdlog::error("{}", text);
    } else {
        spdlog::warn("{}", text);
    }
}

void Console::show(std::span<const Diagnostic> diagnostics) const {
    for (const Diagnostic& diagnostic : diagnostics)
        show(diagnostic);
}

std::string Console::ask(const std::string& question) const {
    write_all(STDERR_FILENO, question);
    std::string answer;
    char byte = 0;
    while (answer.size() < longest_secret && read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
        answer.push_back(byte);
    return answer;
}

Secret Console::ask_secret(const std::string& question) const {
    if (!can_ask_)
        throw Error("no-terminal",
                    "a password is needed and there is no terminal to ask on",
                    "give --password-file FILE");
    std::string answer;
    answer.reserve(longest_secret);
    {
        const Unechoed quiet;  // before the question: whoever types at once is not shown what they type
        write_all(STDERR_FILENO, question);
        char byte = 0;
        while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n' && byte != '\r' && byte != end_key) {
            if (byte == interrupt_key) {
                wipe(answer);
                write_all(STDERR_FILENO, "\n");
                throw Error("interrupted", "interrupted; nothing was done");
            }
            if ((byte == backspace_key || byte == delete_key) && !answer.empty()) {
                answer.pop_back();
            } else if (byte != backspace_key && byte != delete_key && answer.size() < longest_secret) {
                answer.push_back(byte);
            }
        }
    }
    write_all(STDERR_FILENO, "\n");
    return Secret{std::move(answer)};
}

}  // namespace edgecert
