// Manifests to a fleet, against yaml-cpp's bare event pass over the same bytes; and the memory it takes.
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "resources/kinds/fleet.h"
#include "tests/bench/benches.h"
#include "tests/bench/fleet_files.h"
#include "tests/bench/measure.h"

namespace edgecert::bench {

namespace {

// Takes every event and does nothing with it but count.
class Counted final : public YAML::EventHandler {
public:
    std::size_t events{};
    void OnDocumentStart(const YAML::Mark&) override { ++events; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override { ++events; }
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override { ++events; }
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {
        ++events;
    }
    void OnSequenceStart(const YAML::Mark&,
                         const std::string&,
                         YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        ++events;
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&,
                    const std::string&,
                    YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        ++events;
    }
    void OnMapEnd() override {}
};

std::size_t bare_events(const std::vector<ManifestFile>& files) {
    Counted counted;
    for (const ManifestFile& file : files) {
        std::istringstream stream(file.bytes);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(counted)) {
            // The next one.
        }
    }
    return counted.events;
}

Resolved fleet_of(const std::filesystem::path& folder) {
    using namespace std::chrono_literals;
    return load_fleet({folder}, std::chrono::sys_days{2026y / 11 / 1});
}

void check(const Resolved& resolved, const FleetShape& shape) {
    require(resolved.diagnostics.empty(), "the manifests have no mistake");
    require(resolved.fleet.pools.size() == shape.pools, "every pool is there");
    for (const Pool& pool : resolved.fleet.pools) {
        require(pool.servers.size() == servers_a_pool, "every server is there");
        require(pool.certificates.size() == certificates_a_pool, "every certificate is there");
    }
}

}  // namespace

void load_once(const std::string& folder) {
    const Resolved resolved = fleet_of(folder);
    require(resolved.diagnostics.empty(), "the manifests have no mistake");
    std::cout << peak_memory() << "\n";
}

void bench_loading(bool tiny) {
    const FleetShape shape{.pools = tiny ? 12U : 10'000U};
    const FleetFolder folder(shape);
    const std::string pools = std::to_string(shape.pools) + " pools";
    const int turns = tiny ? 1 : 3;
    const auto load = [&] { check(fleet_of(folder.path()), shape); };
    {
        const OneCore alone;
        const double events = least_processor_time(
            turns, [&] { require(bare_events(folder.files()) > 0, "there are events"); });
        print({.what = "load and resolve " + pools + ", one core",
               .value = least_processor_time(turns, load),
               .against = "yaml-cpp's bare event pass",
               .reference = events,
               .limit = 2.0,
               .of_ratio = true});
    }
    double alone_by_the_clock = 0;
    {
        const OneCore alone;
        alone_by_the_clock = fastest(turns, load);
    }
    // A dozen pools are loaded before a second thread is there.
    const bool shares = !tiny && std::thread::hardware_concurrency() >= 2;
    print({.what = "load and resolve " + pools + ", all cores",
           .value = fastest(turns, load),
           .against = "the same on one core",
           .reference = alone_by_the_clock,
           .limit = shares ? std::optional(1 / 1.3) : std::nullopt,
           .of_ratio = true});
    constexpr double mebibyte = 1024.0 * 1024.0;
    print({.what = "peak memory of loading and resolving " + pools,
           .value = std::stod(run_again({"--load-once", folder.path().string()})) / mebibyte,
           .unit = "MiB",
           .against = "the manifests' size",
           .reference = static_cast<double>(folder.bytes()) / mebibyte,
           .limit = tiny ? std::nullopt : std::optional(8.0),
           .of_ratio = true});
}

}  // namespace edgecert::bench
