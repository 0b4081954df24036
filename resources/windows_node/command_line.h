// How a program of this server is found, and how its arguments are written on a Windows command line.
#pragma once

#include <string>
#include <vector>

namespace edgecert::windows {

// The whole path of a program (.exe, .com): as it is named, or in the system's folders and PATH, never in the
// folder that happens to be current. Error "cannot-run": there is none, or it is something else. Batch files
// are refused: cmd.exe takes their arguments apart by rules of its own, and would run what stands in them.
[[nodiscard]] std::wstring find_program(const std::string& name);

// Quoted so that the program finds the same arguments (CommandLineToArgvW and the C runtime).
[[nodiscard]] std::wstring command_line(const std::vector<std::string>& argv);

}  // namespace edgecert::windows
