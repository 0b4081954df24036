// SharedText: how it comes, is copied and goes.
#include "engine/text/shared_text.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace edgecert {

SharedText::SharedText() = default;
SharedText::SharedText(std::string text)
    : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
SharedText::SharedText(const char* text) : SharedText(std::string(text)) {}
SharedText::SharedText(const SharedText& other) = default;
SharedText::SharedText(SharedText&& other) noexcept = default;
SharedText& SharedText::operator=(const SharedText& other) = default;
SharedText& SharedText::operator=(SharedText&& other) noexcept = default;
SharedText::~SharedText() = default;

const std::string& SharedText::str() const {
    static const std::string empty;
    return text_ ? *text_ : empty;
}

SharedText SharedTexts::of(std::string_view text) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = seen_.find(text);
    return found != seen_.end() ? *found : *seen_.emplace(std::string(text)).first;
}

}  // namespace edgecert
