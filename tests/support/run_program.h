// Runs other people's programs in tests: an argv, never a shell, bounded in time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace edgecert::test {

struct Ran {
    int status{};  // exit status; 128 + signal when killed; 127 when the program could not be started
    std::string out{};
    std::string err{};
};

struct RunOptions {
    std::string input{};             // on stdin
    std::filesystem::path folder{};  // working folder; empty: ours
    int seconds{60};                 // then it is killed
};

// The program is looked up in PATH. Its environment is ours in the C.UTF-8 locale, without what would change
// whom TLS programs trust or how they are configured (SSL_CERT_FILE, CURL_CA_BUNDLE, OPENSSL_CONF, …).
[[nodiscard]] Ran run_program(const std::vector<std::string>& argv, const RunOptions& options = {});

}  // namespace edgecert::test
