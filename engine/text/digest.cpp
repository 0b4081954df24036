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

// Looked up once: OpenSSL's own search for the algorithm costs more than hashing what names a step.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(fetched != nullptr);
    return fetched;
}

void append_big_endian(std::string& bytes, std::uint64_t value) {
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        bytes += static_cast<char>(value >> (shift - 8) & 0xFFU);
    }
}

constexpr std::size_t block = 4096;

}  // namespace

// Fields are gathered and hashed a block at a time.
struct Digest::State {
    std::string waiting{};
    std::unique_ptr<EVP_MD_CTX, FreeContext> context{};  // none while one block has been enough

    void hash_waiting() {
        if (context == nullptr) {
            context.reset(EVP_MD_CTX_new());
            require(context != nullptr && EVP_DigestInit_ex(context.get(), algorithm(), nullptr) == 1);
        }
        require(EVP_DigestUpdate(context.get(), waiting.data(), waiting.size()) == 1);
        waiting.clear();
    }
};

Digest::Digest(std::string_view domain) : state_(std::make_unique<State>()) {
    state_->waiting.reserve(block / 4);
    field(domain);
}

Digest::~Digest() = default;

Digest& Digest::field(std::string_view bytes) {
    append_big_endian(state_->waiting, bytes.size());
    state_->waiting += bytes;
    if (state_->waiting.size() >= block) {
        state_->hash_waiting();
    }
    return *this;
}

Digest& Digest::number(std::int64_t value) {
    append_big_endian(state_->waiting, sizeof value);
    append_big_endian(state_->waiting, static_cast<std::uint64_t>(value));
    return *this;
}

std::string Digest::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned int size = 0;
    const std::string& waiting = state_->waiting;
    if (state_->context == nullptr) {
        require(EVP_Digest(waiting.data(), waiting.size(), sum.data(), &size, algorithm(), nullptr) == 1);
    } else {
        state_->hash_waiting();
        require(EVP_DigestFinal_ex(state_->context.get(), sum.data(), &size) == 1);
    }
    std::string bytes;
    for (std::size_t index = 0; index < size; ++index) {
        bytes += static_cast<char>(sum.at(index));
    }
    return to_hex(bytes);
}

}  // namespace edgecert
