// Children that look, and what they found.
#include "tests/simulation/mutant_trial.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/text/mutant.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

struct Task {
    std::string mutant{};
    Parts without{};
    std::uint64_t first{};
    std::uint64_t step{};
    int lives{};
    double limit{};  // seconds of processor time
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
        if (const auto violation = try_seed(seed, task.without, mint, ignored)) {
            return std::to_string(seed) + " " + violation->invariant + ": " + words_of(*violation);
        }
    }
    return "";
}

}  // namespace

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

    // nullopt: nothing was found. One that died was caught by no invariant.
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
                       : std::optional(Caught{0, "a crash", "it died by itself"});
        }
        const auto space = text.find(' ');
        const auto colon = text.find(": ", space);
        return Caught{std::strtoull(text.c_str(), nullptr, 10),
                      text.substr(space + 1, colon - space - 1),
                      text.substr(colon + 2)};
    }

private:
    pid_t child_{};
    double processor_{};
    int answer_{};
};

Trial::Trial(const Mutant& mutant, double limit) : mutant_(mutant), limit_(limit) {
    if (mutant.is(Trait::on_disks)) {
        step_ = one_with_disks;
        next_ = one_with_disks;
    }
    if (mutant.is(Trait::unguarded)) {
        without_.insert("guards");
    }
    search();
}

Trial::~Trial() = default;

int Trial::answer() const {
    return search_->answer();
}

bool Trial::rightly() const {
    const auto& by = mutant_.by;
    return caught_ && std::find(by.begin(), by.end(), caught_->by) != by.end();
}

bool Trial::go_on() {
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
    if (found->seed == 0) {
        return true;
    }
    next_ = found->seed + step_;
    control_ = true;
    search_ = std::make_unique<Search>(Task{"", without_, found->seed, 1, 1, limit_});
    return false;
}

void Trial::search() {
    search_ = std::make_unique<Search>(Task{mutant_.name, without_, next_, step_, 1 << 20, limit_});
}

}  // namespace edgecert::simulation
