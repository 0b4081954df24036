// Passes on what is told.
#include "engine/apply/fan_out.h"

#include <string>

namespace edgecert {

void FanOut::expecting(const std::vector<UnitId>& units) {
    for (Progress* listener : listeners_) {
        listener->expecting(units);
    }
}

void FanOut::observing(const UnitId& unit) {
    for (Progress* listener : listeners_) {
        listener->observing(unit);
    }
}

void FanOut::observed(const UnitId& unit) {
    for (Progress* listener : listeners_) {
        listener->observed(unit);
    }
}

void FanOut::started(const Step& step) {
    for (Progress* listener : listeners_) {
        listener->started(step);
    }
}

void FanOut::ended(const Step& step, const Outcome& outcome) {
    for (Progress* listener : listeners_) {
        listener->ended(step, outcome);
    }
}

void FanOut::unit_ended(const UnitId& unit, const std::string& result, const std::string& why) {
    for (Progress* listener : listeners_) {
        listener->unit_ended(unit, result, why);
    }
}

void FanOut::note(const std::string& text) {
    for (Progress* listener : listeners_) {
        listener->note(text);
    }
}

}  // namespace edgecert
