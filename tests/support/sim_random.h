// OpenSSL's random numbers from a seed, so that keys made by the product are the same wherever a seed is
// replayed.
#pragma once

#include <cstdint>

namespace edgecert {

// While one lives, OpenSSL's random numbers on this thread follow from the seed.
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t seed);
    SeededRandom(const SeededRandom&) = delete;
    SeededRandom& operator=(const SeededRandom&) = delete;
    ~SeededRandom();
};

}  // namespace edgecert
