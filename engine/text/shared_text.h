// SharedText: an immutable text that many values have, kept once.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

namespace edgecert {

// A value: it is compared by what it says, and copies share the bytes. Safe to read from several threads.
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
        return text_ ? std::string_view(*text_) : std::string_view();
    }
    [[nodiscard]] std::string str() const { return std::string(view()); }
    [[nodiscard]] bool empty() const { return !text_; }
    operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

    friend bool operator==(const SharedText& left, const SharedText& right) {
        return left.text_ == right.text_ || left.view() == right.view();
    }
    friend auto operator<=>(const SharedText& left, const SharedText& right) {
        return left.text_ == right.text_ ? std::strong_ordering::equal : left.view() <=> right.view();
    }

private:
    std::shared_ptr<const std::string> text_{};  // null: empty
};

}  // namespace edgecert
