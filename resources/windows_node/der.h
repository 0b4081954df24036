// DER (X.690) in the small: enough for requests, keys and the parts of a certificate.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace edgecert::windows {

namespace tag {
inline constexpr unsigned char integer = 0x02;
inline constexpr unsigned char bit_string = 0x03;
inline constexpr unsigned char octet_string = 0x04;
inline constexpr unsigned char null = 0x05;
inline constexpr unsigned char oid = 0x06;
inline constexpr unsigned char utf8 = 0x0C;
inline constexpr unsigned char printable = 0x13;
inline constexpr unsigned char utc_time = 0x17;
inline constexpr unsigned char generalized_time = 0x18;
inline constexpr unsigned char sequence = 0x30;
inline constexpr unsigned char set = 0x31;
[[nodiscard]] inline constexpr unsigned char context(unsigned char number) {  // constructed
    return static_cast<unsigned char>(0xA0U | number);
}
}  // namespace tag

// Reads elements one after the other; views into the bytes given. Error `code` on anything that is no DER.
class DerReader {
public:
    DerReader(std::string_view bytes, std::string code) : rest_(bytes), code_(std::move(code)) {}

    struct Element {
        unsigned char tag{};
        std::string_view whole{};
        std::string_view body{};
    };
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool next_is(unsigned char wanted) const {
        return !rest_.empty() && static_cast<unsigned char>(rest_.front()) == wanted;
    }
    Element take();
    Element take(unsigned char wanted);
    [[nodiscard]] DerReader enter(unsigned char wanted) { return {take(wanted).body, code_}; }
    [[nodiscard]] std::string_view take_unsigned();  // an INTEGER without its leading zero
    void finish() const;

private:
    [[noreturn]] void bad() const;
    std::string_view rest_;
    std::string code_;
};

[[nodiscard]] std::string der(unsigned char tag, std::string_view body);
[[nodiscard]] std::string der(unsigned char tag, std::initializer_list<std::string> parts);
[[nodiscard]] std::string der_unsigned(std::string_view big_endian);
[[nodiscard]] std::string der_oid(std::string_view dotted);  // Error "store-refused": it is none
[[nodiscard]] std::string der_bits(std::string_view bytes);  // BIT STRING of whole bytes

}  // namespace edgecert::windows
