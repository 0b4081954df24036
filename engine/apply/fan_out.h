// FanOut: one progress for several listeners.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/apply/progress.h"

namespace edgecert {

// Tells all of them, in their order. Does not own them.
class FanOut final : public Progress {
public:
    explicit FanOut(std::vector<Progress*> listeners) : listeners_(std::move(listeners)) {}

    void expecting(const std::vector<UnitId>& units) override;
    void observing(const UnitId& unit) override;
    void observed(const UnitId& unit) override;
    void started(const Step& step) override;
    void ended(const Step& step, const Outcome& outcome) override;
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) override;
    void note(const std::string& text) override;

private:
    std::vector<Progress*> listeners_;
};

}  // namespace edgecert
