// The program that shows what the simulation can find: it plants one mistake after the other, and each has to
// be caught by an invariant within a minute, on a seed that is clean without it.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <poll.h>
#include <random>
#include <string>
#include <vector>

#include "engine/text/mutant.h"
#include "tests/simulation/mutant_list.h"
#include "tests/simulation/mutant_trial.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/seeds.h"

namespace edgecert::simulation {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " or ") + word;
    }
    return text;
}

void print(const Trial& trial) {
    const auto& caught = trial.caught();
    const Mutant& mutant = trial.mutant();
    if (caught) {
        std::printf("%s %-28s %6.1f s  seed %-6llu by %s: %s\n",
                    trial.rightly() ? "caught  " : "WRONGLY ",
                    mutant.name.c_str(),
                    trial.seconds(),
                    static_cast<unsigned long long>(caught->seed),
                    caught->by.c_str(),
                    caught->words.substr(0, 100).c_str());
    } else {
        std::printf(
            "SURVIVES %-28s %6.1f s  %s\n", mutant.name.c_str(), trial.seconds(), mutant.what.c_str());
    }
    if (!trial.rightly()) {
        std::printf("         it is for %s to catch\n", joined(mutant.by).c_str());
    }
    std::fflush(stdout);
}

int run(const std::vector<const Mutant*>& chosen, double limit) {
    constexpr std::size_t at_once = 2;
    std::vector<std::unique_ptr<Trial>> running;
    std::size_t next = 0;
    std::size_t caught = 0;
    while (next < chosen.size() || !running.empty()) {
        while (next < chosen.size() && running.size() < at_once) {
            running.push_back(std::make_unique<Trial>(*chosen[next++], limit));
        }
        std::vector<pollfd> waits;
        for (const auto& trial : running) {
            waits.push_back({trial->answer(), POLLIN, 0});
        }
        if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
            return 2;
        }
        for (std::size_t i = running.size(); i-- > 0;) {
            if (waits[i].revents != 0 && running[i]->go_on()) {
                print(*running[i]);
                caught += running[i]->rightly() ? 1U : 0U;
                running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
    }
    std::printf(
        "%zu of %zu mutants were caught by the invariant that is there for them\n", caught, chosen.size());
    return caught == chosen.size() ? 0 : 1;
}

int usage() {
    std::fputs(
        "simulation_mutants                     plants every mistake of the list, two at a time\n"
        "simulation_mutants --list\n"
        "simulation_mutants --sample N          one in N of those that are found soon, others each time\n"
        "simulation_mutants --sample N --draw SEED     the same ones as that time\n"
        "simulation_mutants --limit SECONDS     of processor time for each, instead of 60\n"
        "simulation_mutants --only NAME [--seed SEED]   that seed's story with the mistake planted\n",
        stderr);
    return 2;
}

int tell_one(const std::string& name, std::uint64_t seed) {
    chosen_mutant() = name;
    Parts without;
    for (const Mutant& mutant : mutants()) {
        if (mutant.name == name && mutant.is(Trait::unguarded)) {
            without.insert("guards");
        }
    }
    Mint mint;
    Statistics ignored;
    const auto violation = try_seed(seed, without, mint, ignored);
    tell(seed, violation ? shrink(seed, without, *violation, mint) : Shrunk{without, {}}, mint);
    return violation ? 0 : 1;
}

// One in `every` of those that are found soon; which ones, the draw says.
std::vector<const Mutant*> sample(std::uint64_t every, std::uint64_t draw) {
    std::printf("sample of draw %llu\n", static_cast<unsigned long long>(draw));
    std::fflush(stdout);
    std::vector<const Mutant*> soon;
    for (const Mutant& mutant : mutants()) {
        if (!mutant.is(Trait::slow)) {
            soon.push_back(&mutant);
        }
    }
    const std::size_t wanted = (soon.size() + every - 1) / every;
    Chance chance(draw);
    while (soon.size() > wanted) {
        soon.erase(soon.begin() + chance.below(static_cast<int>(soon.size())));
    }
    return soon;
}

int main_of(const std::vector<std::string>& arguments) {
    std::uint64_t every = 1;
    std::uint64_t draw = std::random_device()();
    double limit = 60;
    std::string only;
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        if (arguments[i] == "--list") {
            for (const Mutant& mutant : mutants()) {
                std::printf("%-28s %s: for %s\n",
                            mutant.name.c_str(),
                            mutant.what.c_str(),
                            joined(mutant.by).c_str());
            }
            return 0;
        }
        if (arguments[i] == "--sample") {
            every = std::max(1ULL, std::strtoull(value.c_str(), nullptr, 10));
        } else if (arguments[i] == "--draw") {
            draw = std::strtoull(value.c_str(), nullptr, 10);
        } else if (arguments[i] == "--only") {
            only = value;
        } else if (arguments[i] == "--limit") {
            limit = std::strtod(value.c_str(), nullptr);
        } else if (arguments[i] == "--seed") {
            seed = std::strtoull(value.c_str(), nullptr, 10);
        } else {
            return usage();
        }
        ++i;
    }
    if (seed != 0) {
        return tell_one(only, seed);
    }
    if (only.empty() && every > 1) {
        return run(sample(every, draw), limit);
    }
    std::vector<const Mutant*> chosen;
    for (const Mutant& mutant : mutants()) {
        if (only.empty() || mutant.name == only) {
            chosen.push_back(&mutant);
        }
    }
    return run(chosen, limit);
}

}  // namespace

}  // namespace edgecert::simulation

int main(int argc, char** argv) {
    return edgecert::simulation::main_of(std::vector<std::string>(argv + 1, argv + argc));
}
