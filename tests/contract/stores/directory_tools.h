// A directory store in a temporary folder, and what a person can do to its files.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"
#include "resources/stores/store.h"
#include "tests/contract/stores/store_contract.h"

namespace edgecert {

// Gone with the object, whatever is in it.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class StillClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return now_; }
    void sleep(Seconds span) override { now_ += span; }

private:
    Instant now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
};

[[nodiscard]] std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] unsigned mode_of(const std::filesystem::path& path);  // permission bits

// Every file, folder and link below, with modes and contents: two equal snapshots are the same store, byte
// for byte.
[[nodiscard]] std::vector<std::string> snapshot(const std::filesystem::path& folder);

// Does to the store in `folder()` what SomebodyElse can do.
[[nodiscard]] SomebodyElse somebody_with_a_shell(const std::function<std::filesystem::path()>& folder);

[[nodiscard]] std::vector<std::string> finding_codes(const StoreObservation& seen);

}  // namespace edgecert
