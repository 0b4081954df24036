// A judge of the simulation who says nothing, for tests that look for themselves.
#pragma once

#include <string>

#include "tests/support/sim_world.h"

namespace edgecert {

class SilentJudge : public SimJudge {
public:
    void changed(const MemoryServer& /*server*/,
                 const StoreState& /*before*/,
                 StoreOperation /*operation*/,
                 const SimController& /*by*/) override {}
    void submitted(const SimCa& /*ca*/,
                   const SimSubmission& /*submission*/,
                   bool /*again*/,
                   const SimController& /*by*/) override {}
    void fault(const Fault& /*fault*/, const Where& /*where*/) override {}
    void returned(const std::string& /*place*/) override {}
    bool interlude(const Fault& /*fault*/, const std::string& /*server*/) override { return false; }
    void survived(const MemoryServer& /*server*/,
                  const StoreState& /*before*/,
                  StoreOperation /*operation*/) override {}
    void leaked(const std::string& /*what*/) override {}
    void born(const SimCa& /*ca*/) override {}
};

}  // namespace edgecert
