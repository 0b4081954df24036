// Private keys in named containers of the machine (CryptoAPI), as SChannel wants them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/text/secret.h"
#include "resources/stores/observation.h"
#include "resources/windows_node/handles.h"

namespace edgecert::windows {

// Where a certificate's key is, as CERT_KEY_PROV_INFO_PROP_ID names it.
struct Container {
    std::wstring name{};
    std::wstring provider{};
    DWORD type{};
    DWORD flags{};
    DWORD spec{};
    bool operator==(const Container&) const = default;
};

[[nodiscard]] bool is_our_name(std::wstring_view container);  // made by new_container()
[[nodiscard]] Container new_container();                      // names a key that is not there yet
[[nodiscard]] Container container_named(const std::wstring& name);

// RSA only; Error "store-refused" otherwise.
void make_key(const Container& container, int bits, bool exportable);
// RSAPrivateKey (RFC 8017 appendix A.1.2). Error "store-refused": it is none.
void import_key(const Container& container, const Secret& pkcs1, bool exportable);
[[nodiscard]] Secret export_key(const Container& container);  // RSAPrivateKey; Error "key-not-exportable"
void delete_key(const Container& container);                  // absent: done

// SubjectPublicKeyInfo in DER. Throws Error.
[[nodiscard]] std::string public_key(const Container& container);
// The SubjectPublicKeyInfo of an RSAPrivateKey.
[[nodiscard]] std::string public_key_of(const Secret& pkcs1);

// PKCS#1 v1.5 over `bytes`; `digest`: sha256, sha384, sha512.
[[nodiscard]] std::string sign(const Container& container, std::string_view bytes, const std::string& digest);

struct KeyLook {
    KeyState state{KeyState::absent};
    bool exportable{};
    std::string code{};  // of a finding; "" when there is nothing to say
    std::string why{};
};
// Is it the key whose SubjectPublicKeyInfo has this SHA-256?
[[nodiscard]] KeyLook look_at_key(const std::optional<Container>& container, const std::string& spki_sha256);

}  // namespace edgecert::windows
