// Several controllers at once: each on a thread of its own, one at a time, and who goes on is chance.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace edgecert::simulation {

class Turns {
public:
    // below(n): 0 … n − 1; decides who goes on.
    explicit Turns(std::function<int(int)> below) : below_(std::move(below)) {}

    // Returns when all have ended.
    void run(const std::vector<std::function<void()>>& bodies);
    // Called by whoever has the turn: perhaps another goes on first.
    void pass();

private:
    void wait_for_turn(std::unique_lock<std::mutex>& lock, std::size_t self);
    void choose();

    std::function<int(int)> below_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<bool> alive_{};
    std::size_t turn_{};
};

}  // namespace edgecert::simulation
