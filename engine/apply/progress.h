// Progress: what the executor tells while it runs; lines, a live terminal and the run record listen.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/step.h"

namespace edgecert {

// Called from the executor's threads; implementations lock for themselves and never throw.
class Progress {
public:
    Progress() = default;
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    virtual ~Progress() = default;

    // All units that a look or a run is going to come to.
    virtual void expecting(const std::vector<UnitId>& /*units*/) {}
    virtual void observing(const UnitId& unit) = 0;
    virtual void observed(const UnitId& unit) = 0;
    virtual void started(const Step& step) = 0;
    virtual void ended(const Step& step, const Outcome& outcome) = 0;
    // `why`: for whom it waits, or what went wrong; may be empty.
    virtual void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) = 0;
    virtual void note(const std::string& text) = 0;  // "waiting for contoso-issuing, next look in 40 s"
};

}  // namespace edgecert
