// SharedText: how it comes, is copied and goes.
#include "engine/text/shared_text.h"

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace edgecert {

SharedText::SharedText() = default;
SharedText::SharedText(std::string text) : body_(text.empty() ? nullptr : new Body{std::move(text)}) {}
SharedText::SharedText(const char* text) : SharedText(std::string(text)) {}
SharedText::SharedText(const SharedText& other) : body_(other.body_) {
    if (body_ != nullptr) {
        body_->holders.fetch_add(1, std::memory_order_relaxed);
    }
}
SharedText::SharedText(SharedText&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
SharedText& SharedText::operator=(const SharedText& other) {
    SharedText copy(other);
    std::swap(body_, copy.body_);
    return *this;
}
SharedText& SharedText::operator=(SharedText&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
}
SharedText::~SharedText() {
    // What others did with the text comes before it goes.
    if (body_ != nullptr && body_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete body_;
    }
}

const std::string& SharedText::str() const {
    static const std::string empty;
    return body_ != nullptr ? body_->text : empty;
}

SharedText SharedTexts::of(std::string_view text) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = seen_.find(text);
    return found != seen_.end() ? *found : *seen_.emplace(std::string(text)).first;
}

}  // namespace edgecert
