// SHA-256 of length-prefixed fields through OpenSSL.
#include "engine/text/digest.h"

#include <openssl/evp.h>
#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/text/encoding.h"

namespace edgecert {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void require(bool done) {
    if (!done) {
        throw std::runtime_error("SHA-256 cannot be computed: OpenSSL refused");
    }
}

std::array<unsigned char, 8> big_endian(std::uint64_t value) {
    std::array<unsigned char, 8> bytes{};
    for (unsigned char& byte : bytes) {
        byte = static_cast<unsigned char>(value >> 56U);
        value <<= 8U;
    }
    return bytes;
}

}  // namespace

struct Digest::State {
    std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
};

Digest::Digest(std::string_view domain) : state_(std::make_unique<State>()) {
    require(state_->context != nullptr);
    require(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
    field(domain);
}

Digest::~Digest() = default;

Digest& Digest::field(std::string_view bytes) {
    const auto length = big_endian(bytes.size());
    require(EVP_DigestUpdate(state_->context.get(), length.data(), length.size()) == 1);
    require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
    return *this;
}

Digest& Digest::number(std::int64_t value) {
    const auto bytes = big_endian(static_cast<std::uint64_t>(value));
    std::string text;
    for (const unsigned char byte : bytes) {
        text += static_cast<char>(byte);
    }
    return field(text);
}

std::string Digest::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(state_->context.get(), sum.data(), &size) == 1);
    std::string bytes;
    for (std::size_t index = 0; index < size; ++index) {
        bytes += static_cast<char>(sum.at(index));
    }
    return to_hex(bytes);
}

}  // namespace edgecert
