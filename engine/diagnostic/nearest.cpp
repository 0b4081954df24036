// Suggestions: the nearest of the words that would have been right.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {
namespace {

constexpr std::size_t longest = 128;  // nobody mistypes more, and the work is the product of both lengths

char folded(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string folded(std::string_view word) {
    std::string text(word);
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) { return folded(letter); });
    return text;
}

// Damerau-Levenshtein in its restricted form (optimal string alignment): insertion, deletion, substitution
// and exchange of neighbours cost one each, and no part is edited twice.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> before(right.size() + 1);
    std::vector<std::size_t> above(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t column = 0; column < row.size(); ++column) {
        row[column] = column;
    }
    for (std::size_t line = 1; line <= left.size(); ++line) {
        std::swap(before, above);
        std::swap(above, row);
        row[0] = line;
        for (std::size_t column = 1; column <= right.size(); ++column) {
            const std::size_t change = left[line - 1] == right[column - 1] ? 0 : 1;
            row[column] = std::min({above[column] + 1, row[column - 1] + 1, above[column - 1] + change});
            if (line > 1 && column > 1 && left[line - 1] == right[column - 2] &&
                left[line - 2] == right[column - 1]) {
                row[column] = std::min(row[column], before[column - 2] + 1);
            }
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > longest) {
        return {};
    }
    const std::string wanted = folded(word);
    // Of three letters two are another word.
    const std::size_t allowed = std::max<std::size_t>(word.size() <= 3 ? 1 : 2, word.size() / 3);
    std::size_t best = allowed + 1;
    std::string_view found;
    for (const std::string& candidate : candidates) {
        const std::size_t longer = std::max(candidate.size(), wanted.size());
        if (candidate.empty() || longer - std::min(candidate.size(), wanted.size()) >= best) {
            continue;
        }
        const std::size_t steps = distance(wanted, folded(candidate));
        if (steps < best && steps < std::min(wanted.size(), candidate.size())) {
            best = steps;
            found = candidate;
        }
    }
    return std::string(found);
}

}  // namespace edgecert
