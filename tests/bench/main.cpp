// The bench program: `bench [--tiny] [NAME…]` prints its rows, one JSON object a line.
#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/benches.h"

namespace {

struct Bench {
    std::string_view name{};
    void (*run)(bool tiny){};
};
constexpr std::array<Bench, 2> benches{{
    {"loading", edgecert::bench::bench_loading},
    {"planning", edgecert::bench::bench_planning},
}};

struct Once {
    std::string_view name{};
    void (*run)(const std::string& folder){};
};
constexpr std::array<Once, 2> once{{
    {"--load-once", edgecert::bench::load_once},
    {"--plan-once", edgecert::bench::plan_once},
}};

void run(const std::vector<std::string>& arguments) {
    for (const Once& part : once) {
        if (arguments.size() == 2 && arguments.front() == part.name) {
            part.run(arguments.back());
            return;
        }
    }
    const bool tiny = std::find(arguments.begin(), arguments.end(), "--tiny") != arguments.end();
    const bool all = arguments.size() == (tiny ? 1U : 0U);
    for (const Bench& bench : benches) {
        if (all || std::find(arguments.begin(), arguments.end(), bench.name) != arguments.end()) {
            bench.run(tiny);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run({argv + 1, argv + argc});
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "bench: " << error.what() << "\n";
        return 1;
    }
}
