// The program: a short simulation for every test run, a long one, and one seed told as a story.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/seeds.h"

namespace edgecert::simulation {

namespace {

using Clock = std::chrono::steady_clock;

// Lives in which long surveys found something that was mended since.
constexpr auto once_violated = std::to_array<std::uint64_t>(
    {200254,    201014,    300160,    300474,    700062,    700437,    700509,    702177,
     704035,    910176,    3000129,   3003043,   5003255,   5006310,   5006879,   9002727,
     9004537,   21000864,  160000308, 300001792, 300003192, 300006617, 302005949, 302006144,
     303001504, 304004032, 304004288, 306002300, 306003130, 306004905, 307002188, 307002373});

struct Options {
    std::uint64_t seed{};
    bool one_seed{};
    int minutes{};
    std::uint64_t lives{200};
    std::uint64_t first{1};
    bool fresh{true};  // and a fifth as many lives that nobody has seen yet
    bool survey{};
    bool shrink{true};
    bool story{true};
    Parts without{};
};

int usage() {
    std::fputs(
        "simulation                    a short run: seeds that are the same every time, and as many new "
        "ones\n"
        "simulation --lives N [--first SEED]\n"
        "simulation --long MINUTES     on two threads, with numbers at the end\n"
        "simulation --survey LIVES [--first SEED]      goes on after violations and lists each kind once\n"
        "simulation --seed N [--without PART,PART…] [--no-shrink]\n",
        stderr);
    return 2;
}

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
        if (option == "--seed") {
            options.seed = std::strtoull(value().c_str(), nullptr, 10);
            options.one_seed = true;
        } else if (option == "--long") {
            options.minutes = std::atoi(value().c_str());
        } else if (option == "--lives" || option == "--survey") {
            options.survey = option == "--survey";
            options.fresh = false;
            options.lives = std::strtoull(value().c_str(), nullptr, 10);
        } else if (option == "--first") {
            options.first = std::strtoull(value().c_str(), nullptr, 10);
            options.fresh = false;
        } else if (option == "--no-shrink") {
            options.shrink = false;
        } else if (option == "--without") {
            std::string text = value();
            while (!text.empty()) {
                const auto comma = text.find(',');
                options.without.insert(text.substr(0, comma));
                text = comma == std::string::npos ? "" : text.substr(comma + 1);
            }
        } else {
            return false;
        }
    }
    return true;
}

void report(std::uint64_t seed,
            const Parts& without,
            const Violation& violation,
            const Options& options,
            Mint& mint) {
    std::printf("seed %llu violates %s: %s\n",
                static_cast<unsigned long long>(seed),
                violation.invariant.c_str(),
                words_of(violation).c_str());
    tell(seed, options.shrink ? shrink(seed, without, violation, mint) : Shrunk{without, {}}, mint);
    std::fflush(stdout);
}

int run_one(const Options& options) {
    Mint mint;
    Statistics statistics;
    const auto violation = try_seed(options.seed, options.without, mint, statistics);
    if (!violation) {
        tell(options.seed, {options.without, {}}, mint);
        return 0;
    }
    report(options.seed, options.without, *violation, options, mint);
    return 1;
}

int survey(const Options& options) {
    Mint mint;
    Statistics statistics;
    struct Kind {
        int times{};
        std::uint64_t seed{};
        std::string text{};
    };
    std::map<std::string, Kind> kinds;
    const auto begin = Clock::now();
    for (std::uint64_t seed = options.first; seed < options.first + options.lives; ++seed) {
        if (const auto violation = try_seed(seed, {}, mint, statistics)) {
            Kind& kind = kinds[kind_of(*violation)];
            kind = kind.times > 0 ? kind : Kind{0, seed, words_of(*violation)};
            ++kind.times;
        }
    }
    print(statistics, std::chrono::duration<double>(Clock::now() - begin).count());
    for (const auto& [name, kind] : kinds) {
        std::printf("%5d × %s: seed %llu: %s\n",
                    kind.times,
                    name.substr(0, name.find(':')).c_str(),
                    static_cast<unsigned long long>(kind.seed),
                    kind.text.c_str());
    }
    return kinds.empty() ? 0 : 1;
}

// Seeds from `first` on, two threads, until the time or the number is over; stops at the first violation.
class Search {
public:
    Search(std::uint64_t first, std::uint64_t lives, Clock::time_point end)
        : next_(first), left_(lives), end_(end) {}

    void work() {
        Mint mint;
        Statistics statistics;
        while (const auto seed = take()) {
            const auto violation = try_seed(*seed, {}, mint, statistics);
            if (violation) {
                const std::lock_guard lock(mutex_);
                failed_ = failed_ ? failed_ : seed;
            }
        }
        const std::lock_guard lock(mutex_);
        add(statistics_, statistics);
    }

    [[nodiscard]] std::optional<std::uint64_t> failed() const { return failed_; }
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }

private:
    std::optional<std::uint64_t> take() {
        const std::lock_guard lock(mutex_);
        if (failed_ || left_ == 0 || Clock::now() >= end_) {
            return std::nullopt;
        }
        --left_;
        return next_++;
    }

    std::mutex mutex_{};
    std::uint64_t next_;
    std::uint64_t left_;
    Clock::time_point end_;
    std::optional<std::uint64_t> failed_{};
    Statistics statistics_{};
};

int search(
    std::uint64_t first, std::uint64_t lives, Clock::time_point end, int threads, const Options& options) {
    const auto begin = Clock::now();
    Search search(first, lives, end);
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&search] { search.work(); });
    }
    for (std::thread& worker : workers) {
        worker.join();
    }
    print(search.statistics(), std::chrono::duration<double>(Clock::now() - begin).count());
    if (!search.failed()) {
        return 0;
    }
    Mint mint;
    Statistics ignored;
    const auto violation = try_seed(*search.failed(), {}, mint, ignored);
    report(*search.failed(),
           {},
           violation ? *violation : Violation{"determinism", "it cannot be repeated", "", {}},
           options,
           mint);
    return 1;
}

// Behind all that are the same every time; a test that fails on it says where to look.
std::uint64_t fresh_seed() {
    std::random_device device;
    const std::uint64_t fresh = (std::uint64_t{device()} << 20U) + 1000000;
    std::printf("from the new seed %llu\n", static_cast<unsigned long long>(fresh));
    std::fflush(stdout);
    return fresh;
}

}  // namespace

int main_of(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        return usage();
    }
    if (options.one_seed) {
        return run_one(options);
    }
    if (options.survey) {
        return survey(options);
    }
    if (options.minutes > 0) {
        return search(fresh_seed(),
                      ~std::uint64_t{0},
                      Clock::now() + std::chrono::minutes{options.minutes},
                      2,
                      options);
    }
    const auto no_end = Clock::now() + std::chrono::hours{24};
    for (const std::uint64_t seed : once_violated) {
        if (const int failed = search(seed, 1, no_end, 1, options); failed != 0) {
            return failed;
        }
    }
    const int failed = search(options.first, options.lives, no_end, 2, options);
    return failed == 0 && options.fresh ? search(fresh_seed(), options.lives / 5, no_end, 2, options)
                                        : failed;
}

}  // namespace edgecert::simulation

int main(int argc, char** argv) {
    return edgecert::simulation::main_of(argc, argv);
}
