// Options: what the command line said, before anything is made of it; one struct for all commands.
#pragma once

#include <string>
#include <vector>

namespace edgecert {

// Every row of every command's table writes into one of these fields; times, durations and addresses stay
// text here and are read where a wrong one can be explained.
struct Options {
    std::vector<std::string> paths{};  // PATH… or -f PATH; empty: the current folder
    std::string address{};             // ADDRESS, AUTHORITY, RUN, COMMAND or SHELL
    std::string file{};                // FILE
    std::string directory{};           // DIR
    std::string out{};
    std::string format{};
    std::string color{"auto"};
    std::string at{};
    std::string observed{};
    std::string plan{};
    std::string until{};
    std::string wait{};
    std::string from{};
    std::string password_file{};
    std::string key_group{};
    std::vector<std::string> targets{};
    std::vector<std::string> retry{};
    std::vector<std::string> resubmit{};
    std::vector<std::string> request_ids{};  // ADDRESS=ID
    std::vector<std::string> activation{};   // node: the argv behind "--"
    int parallel{8};
    bool detailed_exitcode{};
    bool yes{};
    bool cancel{};
    bool force{};
    bool man{};
    bool verbose{};
};

}  // namespace edgecert
