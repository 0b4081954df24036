// SHA-256 over canonical fields: the one way in which the engine names things by what they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace edgecert {

// Feeds length-prefixed fields (8 bytes, big endian, then the bytes) into SHA-256 (FIPS 180-4), so that no
// two different lists of fields have one encoding. Throws std::runtime_error when OpenSSL fails: Error lives
// above this folder.
class Digest {
public:
    explicit Digest(std::string_view domain);  // e.g. "edgecert.issuance/1": separates uses of equal fields
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;
    ~Digest();

    Digest& field(std::string_view bytes);
    Digest& number(std::int64_t value);
    [[nodiscard]] std::string hex();  // 64 lower-case digits; once

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace edgecert
