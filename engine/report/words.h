// Small words that several renderers share: plurals, lists, signs, what is left of a span.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/time/instant.h"

namespace edgecert {

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

[[nodiscard]] std::string plural(int count, std::string_view noun);  // "1 step", "2 steps"

// "a, b and 38 more"; each escaped. With no_limit: all.
// What a plan leaves undone because somebody asked for less: "not-switched", "outside-target".
[[nodiscard]] bool is_left_on_purpose(const Diagnostic& one);
[[nodiscard]] std::string joined(const std::vector<std::string>& texts, std::size_t limit);

[[nodiscard]] std::string_view sign(const Step& step);       // "+", "~", "-", "…"
[[nodiscard]] std::string left(Instant until, Instant now);  // "36 h left", "41 d left", "expired 3 h ago"
[[nodiscard]] std::string where(const Source& source);       // "ams.yaml:14:9", or ""
[[nodiscard]] std::string what(const Step& step);  // its summary, or its action and what it is about
// A wait in one line: its summary, then for whom and what to do as far as the summary does not say so itself.
[[nodiscard]] std::string awaited(const Step& step);
[[nodiscard]] std::string title(const UnitPlan& unit);  // its title, or its id; not escaped
[[nodiscard]] std::string sentence(const Counts& counts,
                                   const Plan& plan);  // "2 certificates to issue, … ; 1 wait"

struct CauseCounts {
    int manifest{};
    int drift{};
    int time{};
    int fresh{};
};
// Steps but waits, by cause; one that has reasons of two causes counts under both.
[[nodiscard]] CauseCounts causes(const std::vector<Step>& steps);
[[nodiscard]] std::vector<Cause> causes(const Step& step);  // each once, in the order of the enumeration
[[nodiscard]] int changes(const UnitPlan& unit);            // steps but waits
[[nodiscard]] int waits(const UnitPlan& unit);
[[nodiscard]] bool is_converged(const UnitPlan& unit);  // nothing to tell but one line
// An authority that could not be reached: nothing of it was compared, and only the pools know who needs it.
[[nodiscard]] bool is_unseen(const UnitPlan& unit);
// What could not be reached, each once: "authority/our-ca", "server edge03 of ams-edge".
[[nodiscard]] std::vector<std::string> unreached(const std::vector<const UnitPlan*>& units);
// Why an unseen authority is not known, in the words of its warnings.
[[nodiscard]] std::string why_unseen(const UnitPlan& unit);

}  // namespace edgecert
