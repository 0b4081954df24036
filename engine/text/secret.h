// Secret: bytes that must not outlive their use (keys, passwords); wiped when they go.
#pragma once

#include <string>
#include <string_view>

namespace edgecert {

// Holds secret bytes. It has no stream operator, no comparison and no conversion to std::string, so that it
// can reach a log or a report only through view(), which a reviewer can search for. Copies are wiped as well.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string bytes) noexcept;  // short strings leave a copy in the argument: wiped too
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    [[nodiscard]] std::string_view view() const { return bytes_; }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::string bytes_;
};

// Overwrites the whole capacity of `text` with zeros, then clears it.
void wipe(std::string& text) noexcept;

}  // namespace edgecert
