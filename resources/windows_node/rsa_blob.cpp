// Little-endian fields of fixed length on one side, DER integers on the other.
#include "resources/windows_node/rsa_blob.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/windows_node/der.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/keys.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::size_t headers = 20;                  // BLOBHEADER and RSAPUBKEY
constexpr std::uint32_t public_magic = 0x31415352;   // "RSA1"
constexpr std::uint32_t private_magic = 0x32415352;  // "RSA2"

void append_number(std::string& out, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out += static_cast<char>((value >> shift) & 0xFFU);
    }
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t index = 4; index-- > 0;) {
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + index]);
    }
    return value;
}

[[noreturn]] void no_key() {
    throw Error(refused, "this is no RSA key that the system takes");
}

// Little endian, filled up with zeros.
void append_field(std::string& out, std::string_view big_endian, std::size_t size) {
    if (big_endian.size() > size) {
        no_key();
    }
    out.append(big_endian.rbegin(), big_endian.rend());
    out.append(size - big_endian.size(), '\0');
}

std::string big_endian(std::string_view field) {
    return {field.rbegin(), field.rend()};
}

std::string small_number(std::uint32_t value) {
    std::string bytes;
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        bytes += static_cast<char>((value >> (shift - 8)) & 0xFFU);
    }
    return bytes;
}

// n, e, d, p, q, dP, dQ, qInv: views into the DER.
std::array<std::string_view, 8> numbers_of(std::string_view pkcs1) {
    DerReader outside(pkcs1, refused);
    DerReader inside = outside.enter(tag::sequence);
    outside.finish();
    if (inside.take_unsigned() != std::string_view("\0", 1)) {
        no_key();  // more than two primes
    }
    std::array<std::string_view, 8> numbers{};
    for (std::string_view& number : numbers) {
        number = inside.take_unsigned();
    }
    inside.finish();
    return numbers;
}

std::string spki(std::string_view modulus, std::string_view exponent) {
    const std::string key = der(tag::sequence, {der_unsigned(modulus), der_unsigned(exponent)});
    const std::string algorithm =
        der(tag::sequence, {der_oid("1.2.840.113549.1.1.1"), der(tag::null, std::string_view{})});
    return der(tag::sequence, {algorithm, der_bits(key)});
}

}  // namespace

Secret private_blob_of(const Secret& pkcs1) {
    const auto numbers = numbers_of(pkcs1.view());
    const std::string_view modulus = numbers[0];
    const std::string_view exponent = numbers[1];
    if (modulus.size() % 2 != 0 || modulus.size() < 256 || modulus.size() > 512 || exponent.size() > 4) {
        no_key();
    }
    std::uint32_t public_exponent = 0;
    for (const char byte : exponent) {
        public_exponent = (public_exponent << 8U) | static_cast<unsigned char>(byte);
    }
    std::string blob;
    blob.reserve(headers + modulus.size() * 5);  // in one piece: it is wiped whole
    blob += static_cast<char>(PRIVATEKEYBLOB);
    blob += static_cast<char>(CUR_BLOB_VERSION);
    blob.append(2, '\0');
    append_number(blob, CALG_RSA_KEYX);
    append_number(blob, private_magic);
    append_number(blob, static_cast<std::uint32_t>(modulus.size() * 8));
    append_number(blob, public_exponent);
    append_field(blob, modulus, modulus.size());
    for (const std::size_t part : {3U, 4U, 5U, 6U, 7U}) {
        append_field(blob, numbers.at(part), modulus.size() / 2);
    }
    append_field(blob, numbers[2], modulus.size());
    return Secret(std::move(blob));
}

Secret pkcs1_of(const Secret& private_blob) {
    const std::string_view blob = private_blob.view();
    if (blob.size() < headers || number_at(blob, 8) != private_magic) {
        no_key();
    }
    const std::size_t size = number_at(blob, 12) / 8;
    const std::size_t half = size / 2;
    if (size % 2 != 0 || blob.size() < headers + size * 2 + half * 5) {
        no_key();
    }
    std::string body;
    body.reserve(size * 6);
    const auto add = [&body](std::string number) {
        std::string part = der_unsigned(number);
        body += part;
        wipe(part);
        wipe(number);
    };
    std::size_t at = headers;
    const auto next = [&](std::size_t length) {
        const std::string_view field = blob.substr(at, length);
        at += length;
        return field;
    };
    const std::string_view modulus = next(size);
    const std::array<std::string_view, 5> parts{next(half), next(half), next(half), next(half), next(half)};
    add(std::string(1, '\0'));
    add(big_endian(modulus));
    add(small_number(number_at(blob, 16)));
    add(big_endian(next(size)));
    for (const std::string_view part : parts) {
        add(big_endian(part));
    }
    Secret out(der(tag::sequence, std::string_view(body)));
    wipe(body);
    return out;
}

std::string public_key_from_blob(std::string_view blob) {
    if (blob.size() < headers || number_at(blob, 8) != public_magic) {
        no_key();
    }
    const std::size_t size = number_at(blob, 12) / 8;
    if (blob.size() < headers + size) {
        no_key();
    }
    return spki(big_endian(blob.substr(headers, size)), small_number(number_at(blob, 16)));
}

std::string public_key_of(const Secret& pkcs1) {
    const auto numbers = numbers_of(pkcs1.view());
    return spki(numbers[0], numbers[1]);
}

}  // namespace edgecert::windows
