// SharedText: an immutable text that many values have, kept once.
#pragma once

#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace edgecert {

// A value: it is compared by what it says, and copies share the bytes. Safe to read from several threads.
// One pointer to the text with its count, half of what std::shared_ptr takes: a fleet has millions.
class SharedText {
public:
    // In a file of their own: where they are inlined into an aggregate's clean-up, GCC 12 takes the pointer
    // for one that may be uninitialised.
    SharedText();
    SharedText(std::string text);  // NOLINT(google-explicit-constructor): it is a text
    SharedText(const char* text);  // NOLINT(google-explicit-constructor)
    SharedText(const SharedText& other);
    SharedText(SharedText&& other) noexcept;
    SharedText& operator=(const SharedText& other);
    SharedText& operator=(SharedText&& other) noexcept;
    ~SharedText();

    [[nodiscard]] std::string_view view() const {
        return body_ != nullptr ? std::string_view(body_->text) : std::string_view();
    }
    [[nodiscard]] const std::string& str() const;
    [[nodiscard]] bool empty() const { return body_ == nullptr; }
    operator std::string_view() const { return view(); }   // NOLINT(google-explicit-constructor)
    operator const std::string&() const { return str(); }  // NOLINT(google-explicit-constructor)

    friend bool operator==(const SharedText& left, const SharedText& right) {
        return left.body_ == right.body_ || left.view() == right.view();
    }
    friend auto operator<=>(const SharedText& left, const SharedText& right) {
        return left.body_ == right.body_ ? std::strong_ordering::equal : left.view() <=> right.view();
    }
    // With texts of other types, and no copy of them.
    template <std::convertible_to<std::string_view> Text>
    friend bool operator==(const SharedText& left, const Text& right) {
        return left.view() == std::string_view(right);
    }
    template <std::convertible_to<std::string_view> Text>
    friend auto operator<=>(const SharedText& left, const Text& right) {
        return left.view() <=> std::string_view(right);
    }
    friend std::string operator+(std::string left, const SharedText& right) {
        return std::move(left.append(right.view()));
    }
    friend std::string operator+(const SharedText& left, std::string_view right) {
        return std::string(left.view()).append(right);
    }

private:
    struct Body {
        std::string text{};
        std::atomic<std::size_t> holders{1};
    };
    Body* body_{};  // null: empty
};

// Texts that come again and again, from wherever: of equal ones the first is kept and handed out. Safe from
// several threads; what it gives outlives it.
class SharedTexts {
public:
    [[nodiscard]] SharedText of(std::string_view text);

private:
    std::mutex mutex_{};
    std::set<SharedText, std::less<>> seen_{};
};

}  // namespace edgecert
