// Clocks, cores and memory, by what Linux says of them.
#include "tests/bench/measure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <sched.h>
#include <stdexcept>
#include <time.h>
#include <unistd.h>

namespace edgecert::bench {

void print(const Row& row) {
    nlohmann::ordered_json json{{"what", row.what}, {"value", row.value}, {"unit", row.unit}};
    json["against"] = row.against;
    json["reference"] = row.reference ? nlohmann::ordered_json(*row.reference) : nlohmann::ordered_json();
    json["limit"] = row.limit ? nlohmann::ordered_json(*row.limit) : nlohmann::ordered_json();
    json["per"] = row.of_ratio ? "ratio" : "value";
    std::cout << json.dump() << std::endl;
}

OneCore::OneCore() {
    cpu_set_t all{};
    require(sched_getaffinity(0, sizeof all, &all) == 0, "the cores of this process are known");
    before_.resize(sizeof all);
    std::memcpy(before_.data(), &all, sizeof all);
    cpu_set_t one{};
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &all)) {
            CPU_SET(core, &one);
            break;
        }
    }
    require(sched_setaffinity(0, sizeof one, &one) == 0, "this process can be kept to one core");
}

OneCore::~OneCore() {
    cpu_set_t all{};
    std::memcpy(&all, before_.data(), sizeof all);
    static_cast<void>(sched_setaffinity(0, sizeof all, &all));
}

namespace {

double seconds(clockid_t clock) {
    timespec now{};
    require(clock_gettime(clock, &now) == 0, "there is a clock");
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double least(clockid_t clock, int times, const std::function<void()>& work) {
    double best = std::numeric_limits<double>::max();
    for (int turn = 0; turn < times; ++turn) {
        const double begin = seconds(clock);
        work();
        best = std::min(best, seconds(clock) - begin);
    }
    return best;
}

}  // namespace

double fastest(int times, const std::function<void()>& work) {
    return least(CLOCK_MONOTONIC, times, work);
}

double least_processor_time(int times, const std::function<void()>& work) {
    return least(CLOCK_PROCESS_CPUTIME_ID, times, work);
}

double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:") {
            double kibibytes = 0;
            status >> kibibytes;
            return kibibytes * 1024;
        }
    }
    throw std::runtime_error("/proc/self/status has no VmHWM");
}

std::string run_again(const std::vector<std::string>& arguments) {
    std::string line = "/proc/" + std::to_string(getpid()) + "/exe";
    for (const std::string& argument : arguments) {
        require(argument.find_first_of("'\\") == std::string::npos, "an argument needs no escaping");
        line += " '" + argument + "'";
    }
    std::FILE* const pipe = popen(line.c_str(), "r");
    require(pipe != nullptr, "the program can be run again");
    std::string text;
    std::array<char, 4096> block{};
    while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
        text.append(block.data(), got);
    }
    require(pclose(pipe) == 0, "the program run again succeeds");
    return text;
}

void require(bool right, const std::string& what) {
    if (!right) {
        throw std::runtime_error("not so: " + what);
    }
}

}  // namespace edgecert::bench
