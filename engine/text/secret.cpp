// Wiping of secret bytes, also of the copies that moving a short string leaves behind.
#include "engine/text/secret.h"

#include <cstring>
#include <string>
#include <utility>

namespace edgecert {

void wipe(std::string& text) noexcept {
    text.clear();                  // defined for one moved from as well, and keeps the memory
    text.resize(text.capacity());  // never allocates: it grows into what is there
    ::explicit_bzero(text.data(), text.size());
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
