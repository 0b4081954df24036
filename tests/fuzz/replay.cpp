// Runs a fuzz target once over every file of the folders named as arguments, with any compiler; prints how
// many.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void run(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> data(bytes.begin(),
                                         bytes.end());  // its own, so that reading beyond it is seen
    LLVMFuzzerTestOneInput(data.data(), data.size());
}

}  // namespace

int main(int count, char** arguments) {
    std::size_t runs = 0;
    try {
        for (int index = 1; index < count; ++index) {
            for (const auto& path : files_in(arguments[index])) {
                (void)std::fprintf(stderr, "%s\n", path.c_str());
                run(path);
                ++runs;
            }
        }
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
    (void)std::printf("%zu inputs\n", runs);
    return runs == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
