// What every bench measures with: time on one core, the peak of a process's memory, and rows of results.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace edgecert::bench {

// One line of the table that tests/bench/run prints.
struct Row {
    std::string what{};
    double value{};
    std::string unit{"s"};
    std::string against{};
    std::optional<double> reference{};  // in the same unit, measured in the same run
    std::optional<double> limit{};      // of the value, or with `of_ratio` of value / reference
    bool of_ratio{};
};
void print(const Row& row);

// Keeps this process to one core until it ends; threads made later stay there as well.
class OneCore {
public:
    OneCore();
    OneCore(const OneCore&) = delete;
    OneCore& operator=(const OneCore&) = delete;
    ~OneCore();

private:
    std::vector<unsigned char> before_;
};

// Seconds of the fastest of `times` calls: what else the machine does only ever adds. By the clock on the
// wall, or as the processor time of all threads: what one core would take, however busy the machine is.
[[nodiscard]] double fastest(int times, const std::function<void()>& work);
[[nodiscard]] double least_processor_time(int times, const std::function<void()>& work);

// VmHWM of this process so far, in bytes.
[[nodiscard]] double peak_memory();

// This program once more with other arguments: its standard output. Throws when it fails. So the peak of one
// thing's memory is measured by itself.
[[nodiscard]] std::string run_again(const std::vector<std::string>& arguments);

// Ends the bench when a result is wrong: a fast wrong answer is no result.
void require(bool right, const std::string& what);

}  // namespace edgecert::bench
