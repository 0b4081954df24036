// Keys that stand in a map twice.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "engine/manifest/tree.h"
#include "engine/manifest/value.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr std::size_t few = 16;

std::string shown(std::string_view key) {
    return "`" + printable(key, 80) + "`";
}

// An entry whose key stands in an earlier one, both counted from the first.
struct Duplicate {
    std::size_t later{};
    std::size_t earlier{};
};

// Few keys are compared each with each, many are sorted.
std::vector<Duplicate> duplicates_among(const Entry* entries, std::size_t count) {
    std::vector<Duplicate> found;
    if (count <= few) {
        for (std::size_t later = 1; later < count; ++later) {
            const Entry* const end = entries + later;
            const Entry* const first =
                std::find_if(entries, end, [end](const Entry& entry) { return entry.key == end->key; });
            if (first != end) {
                found.push_back({.later = later, .earlier = static_cast<std::size_t>(first - entries)});
            }
        }
        return found;
    }
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [entries](std::size_t left, std::size_t right) {
        const int difference = entries[left].key.compare(entries[right].key);
        return difference != 0 ? difference < 0 : left < right;
    });
    std::size_t first = order.front();
    for (const std::size_t index : order) {
        if (entries[index].key != entries[first].key) {
            first = index;
        } else if (index != first) {
            found.push_back({.later = index, .earlier = first});
        }
    }
    std::sort(found.begin(), found.end(), [](const Duplicate& left, const Duplicate& right) {
        return left.later < right.later;
    });
    return found;
}

}  // namespace

// Reports every key but the first of its name, and takes it out.
void Tree::drop_duplicates(std::size_t first) {
    const std::vector<Duplicate> duplicates =
        duplicates_among(entries_.data() + first, entries_.size() - first);
    if (duplicates.empty()) {
        return;
    }
    for (const Duplicate& duplicate : duplicates) {
        const Mark original = entries_[first + duplicate.earlier].mark;
        const Entry& entry = entries_[first + duplicate.later];
        report(entry.mark,
               "duplicate-key",
               "the key " + shown(entry.key) + " stands here a second time: the first one is in line " +
                   std::to_string(original.line) + ", column " + std::to_string(original.column));
    }
    auto next = duplicates.begin();
    std::size_t kept = first;
    for (std::size_t index = first; index < entries_.size(); ++index) {
        if (next != duplicates.end() && first + next->later == index) {
            ++next;
        } else {
            entries_[kept++] = entries_[index];
        }
    }
    entries_.resize(kept);
}

}  // namespace edgecert
