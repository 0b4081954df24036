// Wiping of secret bytes, also of the copies that moving a short string leaves behind.
#include "engine/text/secret.h"

#include <cstddef>
#include <string>
#include <utility>

namespace edgecert {
namespace {

// Through volatile, so that no compiler takes it for a write nobody reads; there is no one function for it on
// all systems.
void overwrite(volatile char* at, std::size_t size) noexcept {
    for (std::size_t index = 0; index < size; ++index) {
        at[index] = 0;
    }
}

}  // namespace

void wipe(std::string& text) noexcept {
    text.clear();                  // defined for one moved from as well, and keeps the memory
    text.resize(text.capacity());  // never allocates: it grows into what is there
    overwrite(text.data(), text.size());
    text.clear();
}

Secret::Secret(std::string bytes) noexcept : bytes_(std::move(bytes)) {
    wipe(bytes);
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
    wipe(other.bytes_);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = other.bytes_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = std::move(other.bytes_);
        wipe(other.bytes_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(bytes_);
}

}  // namespace edgecert
