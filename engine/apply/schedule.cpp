// Worker threads over a small graph: one mutex, one condition, nothing shared but what is free and what is
// open.
#include "engine/apply/schedule.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

namespace edgecert {

namespace {

class Schedule {
public:
    Schedule(const std::vector<std::vector<std::size_t>>& needs, const std::function<void(std::size_t)>& task)
        : task_(task), open_(needs.size()), followers_(needs.size()) {
        for (std::size_t i = 0; i < needs.size(); ++i) {
            open_[i] = needs[i].size();
            for (const std::size_t need : needs[i]) {
                followers_[need].push_back(i);
            }
            if (open_[i] == 0) {
                ready_.insert(i);
            }
        }
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            if (!ready_.empty()) {
                const std::size_t next = *ready_.begin();
                ready_.erase(ready_.begin());
                ++running_;
                lock.unlock();
                task_(next);
                lock.lock();
                --running_;
                end(next);
                changed_.notify_all();
            } else if (running_ == 0) {
                return;  // all have ended, or the rest need each other
            } else {
                changed_.wait(lock);
            }
        }
    }

    [[nodiscard]] std::vector<std::size_t> never_ran() const {
        std::vector<std::size_t> result;
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (open_[i] > 0) {
                result.push_back(i);
            }
        }
        return result;
    }

private:
    void end(std::size_t task) {
        for (const std::size_t follower : followers_[task]) {
            if (--open_[follower] == 0) {
                ready_.insert(follower);
            }
        }
    }

    const std::function<void(std::size_t)>& task_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<std::size_t> open_;  // needs that have not ended
    std::vector<std::vector<std::size_t>> followers_;
    std::set<std::size_t> ready_{};
    int running_{};
};

}  // namespace

std::vector<std::size_t> run_in_order(const std::vector<std::vector<std::size_t>>& needs,
                                      int parallel,
                                      const std::function<void(std::size_t)>& task) {
    Schedule schedule(needs, task);
    const std::size_t width = std::min(needs.size(), static_cast<std::size_t>(std::max(parallel, 1)));
    std::vector<std::thread> threads;
    threads.reserve(width);
    for (std::size_t i = 1; i < width; ++i) {
        try {
            threads.emplace_back([&schedule] { schedule.work(); });
        } catch (const std::system_error&) {
            break;  // no more threads to be had: fewer at once
        }
    }
    schedule.work();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return schedule.never_ran();
}

std::vector<std::vector<std::size_t>> places_of_needs(const std::vector<Unit*>& units) {
    std::map<UnitId, std::size_t> places;
    for (std::size_t i = 0; i < units.size(); ++i) {
        places.emplace(units[i]->id(), i);
    }
    std::vector<std::vector<std::size_t>> needs(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
        for (const UnitId& need : units[i]->needs()) {
            const auto found = places.find(need);
            if (found != places.end()) {
                needs[i].push_back(found->second);
            }
        }
    }
    return needs;
}

}  // namespace edgecert
