// The benches of this program. `tiny`: a fleet that takes no time, to see that all of it works.
#pragma once

#include <string>

namespace edgecert::bench {

void bench_loading(bool tiny);
void bench_planning(bool tiny);

// What a bench runs by itself, so that its memory can be measured; print a number of bytes.
void load_once(const std::string& folder);
void plan_once(const std::string& folder);

}  // namespace edgecert::bench
