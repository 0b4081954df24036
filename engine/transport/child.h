// A child process with its three descriptors in our hands, in a session of its own; private to this folder.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "engine/files/posix.h"

namespace edgecert {

class Child {
public:
    // Starts argv without a shell, found on PATH, without a terminal, with signals as a fresh program has
    // them. Error "cannot-run".
    Child(const std::vector<std::string>& argv,
          const std::vector<std::string>& hidden,
          const std::vector<std::string>& added);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();  // kills the process group unless it was reaped

    posix::Descriptor in{};  // its stdin, our end, as the others non-blocking
    posix::Descriptor out{};
    posix::Descriptor error{};

    // The exit status (128 + signal when a signal ended it) once it has ended; then it is reaped.
    [[nodiscard]] std::optional<int> ended();
    // Waits that long for it to end.
    [[nodiscard]] std::optional<int> wait(int milliseconds);
    // Kills the whole process group and reaps the child; its status.
    int kill();

private:
    pid_t process_{-1};
    std::optional<int> status_{};
};

// Appends, keeping only the last `limit` bytes.
void append_bounded(std::string& text, std::string_view more, std::size_t limit);

}  // namespace edgecert
