// The program that shows what the simulation can find: it plants one mistake after the other, and each has to
// be caught by an invariant within a minute, on a seed that is clean without it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "engine/text/mutant.h"
#include "tests/simulation/mutant_list.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/seeds.h"

namespace edgecert::simulation {

namespace {

struct Task {
    std::string mutant{};
    std::uint64_t first{};
    std::uint64_t step{};
    int lives{};
    double limit{};  // seconds of processor time
};

struct Caught {
    std::uint64_t seed{};
    std::string by{};  // the invariant and its words
};

double seconds_of(const rusage& used) {
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return seconds_of(used);
}

// In a process of its own.
std::string look(const Task& task) {
    chosen_mutant() = task.mutant;
    Mint mint;
    std::uint64_t seed = task.first;
    for (int life = 0; life < task.lives && processor_seconds() < task.limit; ++life, seed += task.step) {
        Statistics ignored;
        if (const auto violation = try_seed(seed, {}, mint, ignored)) {
            return std::to_string(seed) + " " + violation->invariant + ": " + violation->text;
        }
    }
    return "";
}

// A child that looks, and its answer when it has ended.
class Search {
public:
    explicit Search(const Task& task) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) {
            std::abort();
        }
        child_ = ::fork();
        if (child_ == 0) {
            const std::string found = look(task);
            std::string_view rest = found;
            while (!rest.empty()) {
                const auto written = ::write(ends[1], rest.data(), rest.size());
                if (written <= 0) {
                    break;
                }
                rest.remove_prefix(static_cast<std::size_t>(written));
            }
            ::_exit(0);
        }
        ::close(ends[1]);
        answer_ = ends[0];
    }
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
    ~Search() {
        ::close(answer_);
        if (child_ != 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
    }

    [[nodiscard]] int answer() const { return answer_; }
    // Of processor time, after result().
    [[nodiscard]] double processor() const { return processor_; }

    // nullopt: nothing was found. One that died, or had to be killed, was caught as well.
    [[nodiscard]] std::optional<Caught> result() {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t size = 1; size > 0;) {
            size = ::read(answer_, part.data(), part.size());
            text.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        }
        int status = 0;
        rusage used{};
        ::wait4(child_, &status, 0, &used);
        processor_ = seconds_of(used);
        child_ = 0;
        if (text.empty()) {
            return WIFEXITED(status) && WEXITSTATUS(status) == 0
                       ? std::nullopt
                       : std::optional(Caught{0, "crash: it died by itself"});
        }
        const auto space = text.find(' ');
        return Caught{std::strtoull(text.c_str(), nullptr, 10), text.substr(space + 1)};
    }

private:
    pid_t child_{};
    double processor_{};
    int answer_{};
};

// One mutant's way: look, and when something is found, look at that seed without the mutant.
class Trial {
public:
    Trial(const Mutant& mutant, double limit) : mutant_(mutant), limit_(limit) {
        next_ = mutant.needs_disks ? one_with_disks : 1;
        search();
    }

    [[nodiscard]] int answer() const { return search_->answer(); }
    [[nodiscard]] const Mutant& mutant() const { return mutant_; }
    [[nodiscard]] const std::optional<Caught>& caught() const { return caught_; }
    // Of processor time, all searches together.
    [[nodiscard]] double seconds() const { return processor_; }

    // True: it has ended.
    bool go_on() {
        const auto found = search_->result();
        processor_ += search_->processor();
        if (control_) {
            control_ = false;
            if (!found) {
                return true;
            }
            caught_.reset();  // that seed finds something without the mutant too
            search();
            return false;
        }
        if (!found) {
            return true;
        }
        caught_ = found;
        next_ = found->seed + (mutant_.needs_disks ? one_with_disks : 1);
        control_ = true;
        search_ = std::make_unique<Search>(Task{"", found->seed, 1, 1, limit_});
        return false;
    }

private:
    void search() {
        const std::uint64_t step = mutant_.needs_disks ? one_with_disks : 1;
        search_ = std::make_unique<Search>(Task{mutant_.name, next_, step, 1 << 20, limit_});
    }

    const Mutant& mutant_;
    double limit_;
    double processor_{};
    std::uint64_t next_{};
    bool control_{};
    std::unique_ptr<Search> search_{};
    std::optional<Caught> caught_{};
};

void print(const Trial& trial) {
    const auto& caught = trial.caught();
    if (caught) {
        std::printf("caught   %-30s %6.1f s  seed %-6llu %s\n",
                    trial.mutant().name.c_str(),
                    trial.seconds(),
                    static_cast<unsigned long long>(caught->seed),
                    caught->by.substr(0, 110).c_str());
    } else {
        std::printf("SURVIVES %-30s %6.1f s  %s\n",
                    trial.mutant().name.c_str(),
                    trial.seconds(),
                    trial.mutant().what.c_str());
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
                caught += running[i]->caught() ? 1U : 0U;
                running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
    }
    std::printf("%zu of %zu mutants were caught by the simulation\n", caught, chosen.size());
    return caught == chosen.size() ? 0 : 1;
}

int usage() {
    std::fputs(
        "simulation_mutants                     plants every mistake of the list, two at a time\n"
        "simulation_mutants --list\n"
        "simulation_mutants --sample N          every N-th of those that are found soon\n"
        "simulation_mutants --limit SECONDS     of processor time for each, instead of 60\n"
        "simulation_mutants --only NAME [--seed SEED]   that seed's story with the mistake planted\n",
        stderr);
    return 2;
}

int tell_one(const std::string& name, std::uint64_t seed) {
    chosen_mutant() = name;
    Mint mint;
    Statistics ignored;
    const auto violation = try_seed(seed, {}, mint, ignored);
    tell(seed, violation ? shrink(seed, {}, *violation, mint) : Parts{}, mint);
    return violation ? 0 : 1;
}

int main_of(const std::vector<std::string>& arguments) {
    std::uint64_t every = 1;
    double limit = 60;
    std::string only;
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        if (arguments[i] == "--list") {
            for (const Mutant& mutant : mutants()) {
                std::printf("%-30s %s\n", mutant.name.c_str(), mutant.what.c_str());
            }
            return 0;
        }
        if (arguments[i] == "--sample") {
            every = std::max(1ULL, std::strtoull(value.c_str(), nullptr, 10));
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
    std::vector<const Mutant*> chosen;
    for (std::size_t i = 0; i < mutants().size(); ++i) {
        const Mutant& mutant = mutants()[i];
        const bool sampled = every == 1 || (!mutant.slow && i % every == 0);
        if (only.empty() ? sampled : mutant.name == only) {
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
