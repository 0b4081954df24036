// The command line of edgecert-node.exe.
#pragma once

#include <string>
#include <vector>

#include "engine/time/instant.h"

namespace edgecert::windows {

struct Arguments {
    std::string command{"serve"};  // serve, show, selftest, help, version
    std::string data{};
    std::string stores{};
    std::string module{};  // "Lync", "SkypeForBusiness"
    std::string powershell{"powershell.exe"};
    std::vector<std::string> assign_with{};
    std::vector<std::string> activate{};  // what follows --
    Seconds patience{50};                 // with the shell or the owner's program
    std::string store{};                  // show: one of the stores
};

// UTF-8, without the program's name. Error "usage".
[[nodiscard]] Arguments parse_arguments(const std::vector<std::string>& words);
[[nodiscard]] const char* help_text();

}  // namespace edgecert::windows
