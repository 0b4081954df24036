// A node for tests: serves the directory store named by its first argument on stdin and stdout; what follows
// is its activation.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

#include "resources/stores/node.h"
#include "resources/stores/open.h"

namespace {

class SystemClock final : public edgecert::Clock {
public:
    [[nodiscard]] edgecert::Instant now() const override {
        return std::chrono::floor<edgecert::Seconds>(std::chrono::system_clock::now());
    }
    void sleep(edgecert::Seconds span) override { std::this_thread::sleep_for(span); }
};

}  // namespace

int main(int count, char** arguments) {
    try {
        edgecert::StoreSpec spec;
        spec.directory = count > 1 ? arguments[1] : "";
        for (int at = 2; at < count; ++at) {
            spec.activate.emplace_back(arguments[at]);
        }
        SystemClock clock;
        edgecert::NodeOptions options;
        options.program = EDGECERT_VERSION;
        options.activates = !spec.activate.empty();
        const auto store = edgecert::open_directory_store(spec, clock);
        return edgecert::serve_node(*store, 0, 1, clock, options);
    } catch (const std::exception& error) {
        static_cast<void>(std::fprintf(stderr, "test_node: %s\n", error.what()));
        return 1;
    }
}
