// Machines for servers, and officers for requests.
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>

#include "tests/simulation/events.h"

namespace edgecert::simulation {

namespace {

std::filesystem::path new_disk() {
    static std::atomic<int> number{};
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    return parent / ("edgecert-simulation-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
}

}  // namespace

void build_machines(const Fleet& fleet, const Scenario& scenario, SimWorld& world) {
    for (const Pool& pool : fleet.pools) {
        for (const ServerSpec& server : pool.servers) {
            auto& machine = world.servers[server.store.directory];
            if (machine == nullptr) {
                machine = std::make_shared<MemoryServer>();
                machine->name = server.store.directory;
                machine->activates = scenario.activating.contains(server.store.directory);
                if (scenario.disks) {
                    machine->disk = std::make_shared<SimDisk>(new_disk(), world.servers.size());
                }
                world.by_host[server.fqdn] = server.store.directory;
            }
        }
    }
}

int issue_all_pending(SimWorld& world) {
    int issued = 0;
    for (auto& [name, ca] : world.authorities) {
        for (SimSubmission& submission : ca->log) {
            if (submission.state == SimSubmissionState::pending) {
                issue(*ca, submission, world.mint, world.now);
                ++issued;
            }
        }
    }
    return issued;
}

}  // namespace edgecert::simulation
