// One call of the program that changes a file, and the verdict on it: what the library that breaks calls is
// made of.
#pragma once

#include <cstddef>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <string_view>

namespace breaking {

enum class Takes { space, nothing };

struct Point {
    const char* call{};
    Takes takes{};
    int folder{};
    const char* name{};
    const char* kind{"file"};
    std::size_t size{};  // of a write
};

// Counts and notes a call. False: it fails with the errno that is set. `half`: of a write, only half its
// bytes go.
bool passes(const Point& point, bool& half);
bool passes(const Point& point);

bool is_watched();  // false: another program, which is left alone
bool is_node();     // else the controller
bool is_note(int descriptor);
bool loses_power();                  // the run is to end in a power cut
void after_half(int descriptor);     // the program dies, or the descriptor takes no more
bool takes_no_more(int descriptor);  // once, after half a write
long clock_shift();                  // seconds
timespec hastened(timespec now);     // the steady clock, as fast as it is wanted

// The call behind the one of the same name here.
template <typename Call>
Call real(const char* name) {
    void* found = dlsym(RTLD_NEXT, name);
    Call call{};
    std::memcpy(&call, &found, sizeof call);
    return call;
}

}  // namespace breaking
