// The quick start as it stands in examples/quickstart, built into the program so that the two never differ.
#pragma once

#include <string_view>
#include <vector>

namespace edgecert {

struct QuickstartFile {
    std::string_view name{};
    std::string_view bytes{};
};
[[nodiscard]] const std::vector<QuickstartFile>& quickstart_files();  // generated; sorted by name

}  // namespace edgecert
