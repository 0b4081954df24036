// TextSet: a set of few texts, sorted and once each, one after the other in memory.
#pragma once

#include <compare>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgecert {

// As std::set<std::string> for those who look at it: a fleet has hundreds of thousands of sets of one to five
// texts, and a tree's nodes take more than such texts do. Adding one moves those behind it.
class TextSet {
public:
    // NOLINTBEGIN(readability-identifier-naming): what containers and doctest look for is called so
    using value_type = std::string;
    using const_iterator = std::vector<std::string>::const_iterator;
    using iterator = const_iterator;
    using const_reference = const std::string&;
    using size_type = std::size_t;
    // NOLINTEND(readability-identifier-naming)

    TextSet() = default;
    TextSet(std::initializer_list<std::string> texts);

    std::pair<const_iterator, bool> insert(std::string text);  // where it is; true: it was not there before
    std::pair<const_iterator, bool> emplace(std::string_view text) { return insert(std::string(text)); }
    void erase(std::string_view text);
    void shrink_to_fit() { texts_.shrink_to_fit(); }

    [[nodiscard]] bool contains(std::string_view text) const;
    [[nodiscard]] const_iterator begin() const { return texts_.begin(); }
    [[nodiscard]] const_iterator end() const { return texts_.end(); }
    [[nodiscard]] std::size_t size() const { return texts_.size(); }
    [[nodiscard]] bool empty() const { return texts_.empty(); }
    auto operator<=>(const TextSet&) const = default;

private:
    std::vector<std::string> texts_{};
};

// One that many values have as it is, kept once. Safe to read from several threads.
class SharedTextSet {
public:
    SharedTextSet() = default;
    SharedTextSet(TextSet texts)  // NOLINT(google-explicit-constructor): it is a set of texts
        : texts_(std::make_shared<const TextSet>(std::move(texts))) {}
    SharedTextSet(std::initializer_list<std::string> texts) : SharedTextSet(TextSet(texts)) {}

    [[nodiscard]] const TextSet& get() const;
    operator const TextSet&() const { return get(); }  // NOLINT(google-explicit-constructor)
    [[nodiscard]] bool contains(std::string_view text) const { return get().contains(text); }
    [[nodiscard]] TextSet::const_iterator begin() const { return get().begin(); }
    [[nodiscard]] TextSet::const_iterator end() const { return get().end(); }
    [[nodiscard]] std::size_t size() const { return get().size(); }
    friend bool operator==(const SharedTextSet& left, const SharedTextSet& right) {
        return left.texts_ == right.texts_ || left.get() == right.get();
    }

private:
    std::shared_ptr<const TextSet> texts_{};  // null: empty
};

}  // namespace edgecert
