// The live line: drawn, cleared, drawn again.
#include "engine/apply/live_progress.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"

namespace edgecert {

namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

// The text cut to so many characters, so that it never wraps: a wrapped line could not be cleared.
std::string cut(const std::string& text, int width) {
    const auto most = static_cast<std::size_t>(std::max(width - 1, 10));
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U;
        characters += begins ? 1 : 0;
        if (characters > most) {
            return text.substr(0, i);
        }
    }
    return text;
}

}  // namespace

LiveProgress::LiveProgress(std::ostream& out,
                           const Clock& clock,
                           Stopwatch stopwatch,
                           std::function<int()> width)
    : out_(out), clock_(clock), stopwatch_(std::move(stopwatch)), width_(std::move(width)) {
    try {
        thread_ = std::thread([this] { refresh_until_stopped(); });
    } catch (const std::system_error&) {
        stopped_ = true;  // without the thread there are only lines
    }
}

LiveProgress::~LiveProgress() {
    stop();
}

void LiveProgress::expecting(const std::vector<UnitId>& units) {
    const std::lock_guard lock(mutex_);
    to_come_ = {units.begin(), units.end()};
}

void LiveProgress::observing(const UnitId& unit) {
    const std::lock_guard lock(mutex_);
    to_come_.erase(unit);
    running_[unit] = {printable(unit, 128) + ": looking", stopwatch_()};
    draw();
}

void LiveProgress::observed(const UnitId& unit) {
    const std::lock_guard lock(mutex_);
    static_cast<void>(end(unit));
    draw();
}

void LiveProgress::started(const Step& step) {
    const std::lock_guard lock(mutex_);
    note_.clear();
    to_come_.erase(step.unit);
    const std::string what = step.summary.empty() ? std::string(to_text(step.action)) : step.summary;
    running_[step.unit + "\n" + step.id] = {printable(step.unit, 128) + ": " + printable(what, 256),
                                            stopwatch_()};
    draw();
}

void LiveProgress::ended(const Step& step, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    above(ended_text(step, outcome, end(step.unit + "\n" + step.id)));
}

void LiveProgress::unit_ended(const UnitId& unit, const std::string& result, const std::string& why) {
    const std::lock_guard lock(mutex_);
    to_come_.erase(unit);
    above(unit_text(unit, result, why));
}

void LiveProgress::note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    note_ = printable(text, 512);
    if (stopped_) {
        above(note_);
    } else {
        draw();
    }
}

void LiveProgress::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (drawn_) {
            out_ << clear_line << std::flush;
        }
        drawn_ = false;
        stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void LiveProgress::refresh() {
    const std::lock_guard lock(mutex_);
    draw();
}

void LiveProgress::refresh_until_stopped() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        changed_.wait_for(lock, std::chrono::milliseconds(250));
        draw();
    }
}

void LiveProgress::above(const std::string& text) {
    out_ << (drawn_ ? clear_line : "") << time_of_day(clock_.now()) << ' ' << text << '\n';
    drawn_ = false;
    draw();
    out_ << std::flush;
}

void LiveProgress::draw() {
    if (stopped_) {
        return;
    }
    const std::string text = status();
    if (drawn_ || !text.empty()) {
        out_ << clear_line << cut(text, width_()) << std::flush;
    }
    drawn_ = !text.empty();
}

std::string LiveProgress::status() const {
    if (running_.empty()) {
        return note_;
    }
    std::vector<const Running*> longest_first;
    for (const auto& [what, running] : running_) {
        longest_first.push_back(&running);
    }
    std::stable_sort(longest_first.begin(), longest_first.end(), [](const Running* a, const Running* b) {
        return a->begun < b->begun;
    });
    // What a narrow terminal cuts off comes last: how many and for how long matters more than the words.
    std::string text = std::to_string(running_.size()) + " running";
    text += to_come_.empty() ? ": " : ", " + std::to_string(to_come_.size()) + " to come: ";
    for (const Running* running : longest_first) {
        const auto seconds = std::chrono::duration_cast<Seconds>(stopwatch_() - running->begun);
        text += (running == longest_first.front() ? "" : "; ") + std::to_string(seconds.count()) + " s " +
                running->text;
    }
    return text;
}

std::chrono::milliseconds LiveProgress::end(const std::string& what) {
    const auto found = running_.find(what);
    if (found == running_.end()) {
        return std::chrono::milliseconds(0);
    }
    const std::chrono::milliseconds span = stopwatch_() - found->second.begun;
    running_.erase(found);
    return span;
}

int terminal_width(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return 80;
    }
    return size.ws_col;
}

}  // namespace edgecert
