// Sums and prints what was counted.
#include "tests/simulation/statistics.h"

#include <cstdio>
#include <string>

#include "tests/simulation/coverage.h"

namespace edgecert::simulation {

void add(Statistics& sum, const Statistics& part) {
    sum.lives += part.lives;
    sum.runs += part.runs;
    sum.steps += part.steps;
    sum.points += part.points;
    sum.converged += part.converged;
    sum.together += part.together;
    for (std::size_t i = 0; i < fault_kinds; ++i) {
        sum.faults.at(i) += part.faults.at(i);
    }
    for (std::size_t i = 0; i < actions; ++i) {
        sum.performed.at(i) += part.performed.at(i);
        for (std::size_t k = 0; k < fault_kinds; ++k) {
            sum.coverage.at(i).at(k) += part.coverage.at(i).at(k);
        }
    }
    for (std::size_t i = 0; i < sum.checks.size(); ++i) {
        sum.checks.at(i) += part.checks.at(i);
    }
}

void print(const Statistics& statistics, double seconds) {
    const auto rate = seconds > 0 ? static_cast<double>(statistics.runs) * 60 / seconds : 0.0;
    std::printf("%llu lives, %llu runs (%.0f a minute), %llu steps, %llu points, %llu runs ended with 0\n",
                static_cast<unsigned long long>(statistics.lives),
                static_cast<unsigned long long>(statistics.runs),
                rate,
                static_cast<unsigned long long>(statistics.steps),
                static_cast<unsigned long long>(statistics.points),
                static_cast<unsigned long long>(statistics.converged));
    std::printf("%llu of them at the same time as others\n",
                static_cast<unsigned long long>(statistics.together));
    std::printf("checks: durable %llu", static_cast<unsigned long long>(statistics.checks.at(0)));
    for (std::size_t i = 1; i < statistics.checks.size(); ++i) {
        std::printf(" I%zu %llu", i, static_cast<unsigned long long>(statistics.checks.at(i)));
    }
    std::printf("\nfaults:");
    for (std::size_t i = 0; i < fault_kinds; ++i) {
        std::printf("%s %s %llu",
                    i == 0 ? "" : ",",
                    std::string(to_text(static_cast<FaultKind>(i))).c_str(),
                    static_cast<unsigned long long>(statistics.faults.at(i)));
    }
    std::printf("\ncoverage (action: times, then faults while it ran):\n");
    for (std::size_t i = 0; i < actions; ++i) {
        std::printf("  %-22s %8llu ",
                    name_of(static_cast<Action>(i)).c_str(),
                    static_cast<unsigned long long>(statistics.performed.at(i)));
        for (std::size_t k = 0; k < fault_kinds; ++k) {
            const auto count = statistics.coverage.at(i).at(k);
            if (count > 0) {
                std::printf(" | %s %llu",
                            std::string(to_text(static_cast<FaultKind>(k))).c_str(),
                            static_cast<unsigned long long>(count));
            }
        }
        std::printf("\n");
    }
    print_coverage(statistics);
}

}  // namespace edgecert::simulation
