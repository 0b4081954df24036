// Kinds of violations, and the search for a smaller life of the same kind.
#include "tests/simulation/shrink.h"

#include <string_view>
#include <utility>

namespace edgecert::simulation {

namespace {

constexpr std::string_view varying = "…";
constexpr std::string_view around_words = "(),:;";

// A word without the punctuation around it, which stays.
std::string without_what_varies(const std::string& word, const std::set<std::string>& names) {
    const auto begin = word.find_first_not_of(around_words);
    if (begin == std::string::npos) {
        return word;
    }
    const auto end = word.find_last_not_of(around_words) + 1;
    const std::string inner = word.substr(begin, end - begin);
    const bool varies = inner.find_first_of("0123456789/") != std::string::npos || names.contains(inner);
    return varies ? word.substr(0, begin) + std::string(varying) + word.substr(end) : word;
}

}  // namespace

std::string words_of(const Violation& violation) {
    return violation.text + violation.detail;
}

std::string kind_of(const Violation& violation) {
    std::string kind = violation.invariant + ":";
    std::string word;
    std::string last;
    for (const char letter : violation.text + " ") {
        if (letter != ' ') {
            word += letter;
            continue;
        }
        std::string next = without_what_varies(word, violation.names);
        word.clear();
        // A step names a server, a role, an object, or none of them.
        if (!next.empty() && (next != varying || last != varying)) {
            kind += " " + next;
            last = std::move(next);
        }
    }
    return kind;
}

Shrunk shrink(Parts without,
              const Violation& violation,
              const std::function<std::vector<std::string>(const Parts&)>& parts,
              const std::function<std::optional<Violation>(const Parts&)>& attempt) {
    const std::string kind = kind_of(violation);
    std::set<std::string> told{kind};
    Shrunk shrunk{std::move(without), {}};
    bool smaller = true;
    while (smaller) {
        smaller = false;
        for (const std::string& part : parts(shrunk.without)) {
            Parts tried = shrunk.without;
            tried.insert(part);
            const auto again = attempt(tried);
            if (!again) {
                continue;
            }
            if (const std::string now = kind_of(*again); now == kind) {
                shrunk.without = std::move(tried);
                smaller = true;
                break;
            } else if (told.insert(now).second) {
                shrunk.otherwise.push_back("another failure, not followed: " + again->invariant + ": " +
                                           words_of(*again) + ":" + option_of(tried));
            }
        }
    }
    return shrunk;
}

std::string option_of(const Parts& without) {
    std::string parts;
    for (const std::string& part : without) {
        parts += (parts.empty() ? "" : ",") + part;
    }
    return parts.empty() ? "" : " --without '" + parts + "'";
}

}  // namespace edgecert::simulation
