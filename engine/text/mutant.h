// EDGECERT_MUTANT(name): a planted mistake of that name. Always false, and gone without a trace, but in the
// build in which the simulation has to show that it finds such mistakes.
#pragma once

#ifdef EDGECERT_MUTANTS

#include <string>

namespace edgecert {

// Chosen once in a process, before anything else of the program runs; "": none.
inline std::string& chosen_mutant() {
    static std::string name;
    return name;
}

}  // namespace edgecert

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the name must not be there in other builds
#define EDGECERT_MUTANT(name)                                            \
    ([] {                                                                \
        static const bool here = ::edgecert::chosen_mutant() == (#name); \
        return here;                                                     \
    }())

#else

namespace edgecert {

inline constexpr bool no_mutant = false;

}  // namespace edgecert

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the name must not be there in this build
#define EDGECERT_MUTANT(name) (::edgecert::no_mutant)

#endif
