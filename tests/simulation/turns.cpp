// One mutex, one condition; the turn is a number.
#include "tests/simulation/turns.h"

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace edgecert::simulation {

void Turns::wait_for_turn(std::unique_lock<std::mutex>& lock, std::size_t self) {
    changed_.wait(lock, [&] { return turn_ == self; });
}

void Turns::choose() {
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < alive_.size(); ++i) {
        if (alive_[i]) {
            alive.push_back(i);
        }
    }
    if (!alive.empty()) {
        turn_ = alive[static_cast<std::size_t>(below_(static_cast<int>(alive.size())))];
    }
}

void Turns::pass() {
    std::unique_lock lock(mutex_);
    const std::size_t self = turn_;
    choose();
    if (turn_ != self) {
        changed_.notify_all();
        wait_for_turn(lock, self);
    }
}

void Turns::run(const std::vector<std::function<void()>>& bodies) {
    alive_.assign(bodies.size(), true);
    turn_ = 0;
    std::vector<std::thread> threads;
    threads.reserve(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        threads.emplace_back([this, &bodies, i] {
            {
                std::unique_lock lock(mutex_);
                wait_for_turn(lock, i);
            }
            bodies[i]();
            const std::lock_guard lock(mutex_);
            alive_[i] = false;
            choose();
            changed_.notify_all();
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace edgecert::simulation
