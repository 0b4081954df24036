// Fleets to measure with: manifests written by rule, the same for the same shape and seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace edgecert::bench {

// Four servers and five certificates a pool, as edges have them: three from profiles, two written in place.
struct FleetShape {
    std::size_t pools{};
    std::uint32_t seed{1};
};
inline constexpr std::size_t servers_a_pool = 4;
inline constexpr std::size_t certificates_a_pool = 5;

struct ManifestFile {
    std::string name{};
    std::string bytes{};
};

// A file for what pools have in common, then one a hundred pools.
[[nodiscard]] std::vector<ManifestFile> manifests_of(const FleetShape& shape);

// A folder of its own under the temporary one, gone with this value.
class FleetFolder {
public:
    explicit FleetFolder(const FleetShape& shape);
    FleetFolder(const FleetFolder&) = delete;
    FleetFolder& operator=(const FleetFolder&) = delete;
    ~FleetFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const std::vector<ManifestFile>& files() const { return files_; }
    [[nodiscard]] std::size_t bytes() const;
    // Changes one line of the first pool (its second certificate gets another name), in the file as well.
    void edit_one_line();

private:
    void write(const ManifestFile& file) const;

    std::vector<ManifestFile> files_;
    std::filesystem::path path_;
};

}  // namespace edgecert::bench
