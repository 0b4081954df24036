// One line a manifest: "ok", or the codes of what is wrong with it; for tests that compare the program with
// its schemas. With --text FILE: the diagnostics themselves. The date is fixed, so that results are.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resources/kinds/fleet.h"

namespace {

std::string verdict(const edgecert::Resolved& resolved) {
    std::set<std::string> errors;
    std::string warnings;
    for (const edgecert::Diagnostic& diagnostic : resolved.diagnostics) {
        if (diagnostic.severity == edgecert::Severity::error) {
            errors.insert(diagnostic.code);
        } else {
            warnings += " (" + diagnostic.code + ")";
        }
    }
    std::string line;
    for (const std::string& code : errors) {
        line += (line.empty() ? "" : " ") + code;
    }
    return (line.empty() ? "ok" : line) + warnings;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    const edgecert::Instant now = std::chrono::sys_days{2026y / 11 / 1};
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    bool text = false;
    for (const std::string& argument : arguments) {
        if (argument == "--text") {
            text = true;
            continue;
        }
        const edgecert::Resolved resolved = edgecert::load_fleet({argument}, now);
        if (!text) {
            std::cout << argument << ": " << verdict(resolved) << "\n";
            continue;
        }
        for (const edgecert::Diagnostic& diagnostic : resolved.diagnostics) {
            std::cout << edgecert::render(diagnostic);
        }
    }
    return 0;
}
