// Installs a method that asks this thread first; without a seed the numbers come from where they always do.
#include "tests/support/sim_random.h"

#include <openssl/rand.h>

#include <cstdint>
#include <mutex>
#include <optional>

namespace edgecert {

namespace {

thread_local std::optional<std::uint64_t> state;  // NOLINT: OpenSSL hands nothing through

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

int random_bytes(unsigned char* bytes, int count) {
    if (!state) {
        return RAND_OpenSSL()->bytes(bytes, count);
    }
    for (int i = 0; i < count; ++i) {  // SplitMix64
        *state += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = *state;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        bytes[i] = static_cast<unsigned char>((mixed ^ (mixed >> 31U)) & 0xffU);
    }
    return 1;
}

int ready() {
    return 1;
}

void install() {
    static const RAND_METHOD method{nullptr, random_bytes, nullptr, nullptr, random_bytes, ready};
    RAND_set_rand_method(&method);
}

#pragma GCC diagnostic pop

}  // namespace

SeededRandom::SeededRandom(std::uint64_t seed) {
    static std::once_flag once;
    std::call_once(once, install);
    state = seed;
}

SeededRandom::~SeededRandom() {
    state.reset();
}

}  // namespace edgecert
