// Disks whose trouble was armed for a later call.
#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <unistd.h>

#include "tests/support/sim_disk.h"

namespace edgecert {

namespace {

std::filesystem::path own_folder() {
    return std::filesystem::temp_directory_path() / ("edgecert-disks-test-" + std::to_string(::getpid()));
}

}  // namespace

TEST_CASE("trouble that is armed behind other trouble comes when that is over") {
    SimDisk disk(own_folder(), 1);
    disk.arm(DiskTrouble::error, 1, 2, 7);
    disk.arm(DiskTrouble::power, 0, 1, 8);
    disk.begin();
    CHECK(disk.gate(DiskCall::write) == 0);
    CHECK(disk.met() == DiskTrouble::none);
    CHECK(disk.gate(DiskCall::write) == EIO);
    CHECK(disk.met() == DiskTrouble::error);
    CHECK(disk.met_tag() == 7);
    CHECK(disk.gate(DiskCall::write) == EIO);
    disk.begin();
    CHECK(disk.gate(DiskCall::write) == EIO);
    CHECK(disk.met() == DiskTrouble::power);
    CHECK(disk.met_tag() == 8);
}

TEST_CASE("a machine that is alive again keeps the trouble that is still to come") {
    SimDisk disk(own_folder(), 1);
    disk.arm(DiskTrouble::death, 0, 3, 1);
    disk.arm(DiskTrouble::full, 0, 1, 2);
    CHECK(disk.gate(DiskCall::write) == EIO);
    disk.revive();
    CHECK(disk.met() == DiskTrouble::none);
    CHECK(disk.gate(DiskCall::rename) == 0);  // needs no space
    CHECK(disk.gate(DiskCall::write) == ENOSPC);
    CHECK(disk.met_tag() == 2);
    CHECK(disk.gate(DiskCall::write) == 0);
}

TEST_CASE("trouble is taken back until it has begun") {
    SimDisk disk(own_folder(), 1);
    disk.arm(DiskTrouble::error, 0, 2, 1);
    disk.arm(DiskTrouble::sync, 0, 1, 2);
    CHECK(disk.take_back(2));
    CHECK_FALSE(disk.take_back(2));
    CHECK(disk.gate(DiskCall::write) == EIO);
    CHECK_FALSE(disk.take_back(1));
    disk.calm();
    CHECK(disk.gate(DiskCall::sync) == 0);
}

}  // namespace edgecert
