// SharedText: how it comes, is copied and goes.
#include "engine/text/shared_text.h"

#include <memory>
#include <string>
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

}  // namespace edgecert
