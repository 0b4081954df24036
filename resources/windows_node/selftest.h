// Proves on a real Windows machine that every operation works there.
#pragma once

namespace edgecert::windows {

// In stores of its own and with a root made for the purpose, all of it removed at the end. Writes a report to
// stdout. true: everything went well.
[[nodiscard]] bool selftest();

}  // namespace edgecert::windows
