// Key containers: made, filled, read, signed with, deleted.
#include "resources/windows_node/keys.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/hash.h"
#include "resources/windows_node/rsa_blob.h"
#include "resources/windows_node/text.h"
#include "resources/x509/certificate.h"

namespace edgecert::windows {
namespace {

constexpr const wchar_t* schannel = L"Microsoft RSA SChannel Cryptographic Provider";
constexpr std::wstring_view our_prefix = L"edgecert-";

ProviderHandle open_provider(const Container& container, DWORD flags) {
    ProviderHandle provider;
    if (::CryptAcquireContextW(provider.receive(),
                               container.name.c_str(),
                               container.provider.c_str(),
                               container.type,
                               flags | (container.flags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT) == FALSE) {
        fail("key-unusable", "the key container " + narrow(container.name) + " cannot be opened");
    }
    return provider;
}

KeyHandle user_key(const ProviderHandle& provider, const Container& container) {
    KeyHandle key;
    if (::CryptGetUserKey(provider.get(), container.spec, key.receive()) == FALSE) {
        fail("key-unusable", "there is no key in the container " + narrow(container.name));
    }
    return key;
}

std::string exported(HCRYPTKEY key, DWORD kind, const std::string& code) {
    DWORD size = 0;
    if (::CryptExportKey(key, 0, kind, 0, nullptr, &size) == FALSE) {
        fail(code, "the key cannot be exported");
    }
    std::string blob(size, '\0');
    if (::CryptExportKey(key, 0, kind, 0, reinterpret_cast<BYTE*>(blob.data()), &size) == FALSE) {
        fail(code, "the key cannot be exported");
    }
    blob.resize(size);
    return blob;
}

std::string public_key_in(HCRYPTKEY key) {
    return public_key_from_blob(exported(key, PUBLICKEYBLOB, "key-unusable"));
}

bool may_leave(HCRYPTKEY key) {
    DWORD permissions = 0;
    DWORD size = sizeof permissions;
    return ::CryptGetKeyParam(key, KP_PERMISSIONS, reinterpret_cast<BYTE*>(&permissions), &size, 0) !=
               FALSE &&
           (permissions & CRYPT_EXPORT) != 0;
}

struct DigestName {
    std::string_view name{};
    ALG_ID algorithm{};
};
constexpr std::array<DigestName, 3> digests{
    {{"sha256", CALG_SHA_256}, {"sha384", CALG_SHA_384}, {"sha512", CALG_SHA_512}}};

ALG_ID algorithm_of(const std::string& digest) {
    for (const DigestName& one : digests) {
        if (one.name == digest) {
            return one.algorithm;
        }
    }
    throw Error("store-refused",
                "\"" + printable(digest, 32) + "\" is no digest that requests are signed with");
}

// nullopt: this provider does not know the hash.
std::optional<std::string> signed_by(const ProviderHandle& provider,
                                     const Container& container,
                                     std::string_view bytes,
                                     ALG_ID algorithm) {
    HashHandle hash;
    if (::CryptCreateHash(provider.get(), algorithm, 0, 0, hash.receive()) == FALSE) {
        return std::nullopt;
    }
    DWORD size = 0;
    const auto* const data = reinterpret_cast<const BYTE*>(bytes.data());
    if (::CryptHashData(hash.get(), data, static_cast<DWORD>(bytes.size()), 0) == FALSE ||
        ::CryptSignHashW(hash.get(), container.spec, nullptr, 0, nullptr, &size) == FALSE) {
        fail("key-unusable", "nothing can be signed with the key in " + narrow(container.name));
    }
    std::string signature(size, '\0');
    if (::CryptSignHashW(
            hash.get(), container.spec, nullptr, 0, reinterpret_cast<BYTE*>(signature.data()), &size) ==
        FALSE) {
        fail("key-unusable", "nothing can be signed with the key in " + narrow(container.name));
    }
    signature.resize(size);
    return std::string(signature.rbegin(), signature.rend());  // CryptoAPI's numbers are little endian
}

}  // namespace

bool is_our_name(std::wstring_view container) {
    return container.starts_with(our_prefix);
}

Container container_named(const std::wstring& name) {
    return {.name = name,
            .provider = schannel,
            .type = PROV_RSA_SCHANNEL,
            .flags = CRYPT_MACHINE_KEYSET,
            .spec = AT_KEYEXCHANGE};
}

Container new_container() {
    return container_named(std::wstring(our_prefix) + widen(to_hex(random_bytes(16))));
}

void make_key(const Container& container, int bits, bool exportable) {
    if (bits < 2048 || bits > 4096 || bits % 8 != 0) {
        throw Error("store-refused",
                    "RSA keys of 2048 to 4096 bits are made here, not of " + std::to_string(bits));
    }
    const ProviderHandle provider = open_provider(container, CRYPT_NEWKEYSET);
    KeyHandle key;
    const DWORD flags = (static_cast<DWORD>(bits) << 16U) | (exportable ? CRYPT_EXPORTABLE : 0U);
    if (::CryptGenKey(provider.get(), container.spec, flags, key.receive()) == FALSE) {
        fail("key-unusable", "a key cannot be made");
    }
}

void import_key(const Container& container, const Secret& pkcs1, bool exportable) {
    const Secret blob = private_blob_of(pkcs1);
    const ProviderHandle provider = open_provider(container, CRYPT_NEWKEYSET);
    KeyHandle key;
    const auto* const data = reinterpret_cast<const BYTE*>(blob.view().data());
    if (::CryptImportKey(provider.get(),
                         data,
                         static_cast<DWORD>(blob.view().size()),
                         0,
                         exportable ? CRYPT_EXPORTABLE : 0U,
                         key.receive()) == FALSE) {
        fail("key-unusable", "the key cannot be imported");
    }
}

Secret export_key(const Container& container) {
    const ProviderHandle provider = open_provider(container, 0);
    const KeyHandle key = user_key(provider, container);
    if (!may_leave(key.get())) {
        throw Error("key-not-exportable", "the key was not made to leave this server");
    }
    const Secret blob(exported(key.get(), PRIVATEKEYBLOB, "key-not-exportable"));
    return pkcs1_of(blob);
}

void delete_key(const Container& container) {
    HCRYPTPROV none = 0;
    const DWORD flags = CRYPT_DELETEKEYSET | (container.flags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT;
    if (::CryptAcquireContextW(
            &none, container.name.c_str(), container.provider.c_str(), container.type, flags) == FALSE &&
        last_error() != static_cast<DWORD>(NTE_BAD_KEYSET) && last_error() != ERROR_FILE_NOT_FOUND) {
        fail("key-unusable", "the key container " + narrow(container.name) + " cannot be deleted");
    }
}

std::string public_key(const Container& container) {
    const ProviderHandle provider = open_provider(container, 0);
    return public_key_in(user_key(provider, container).get());
}

// By the container's own provider, or by its newer brother where that one knows no SHA-2 (old systems): both
// read the same containers.
std::string sign(const Container& container, std::string_view bytes, const std::string& digest) {
    const ALG_ID algorithm = algorithm_of(digest);
    if (auto done = signed_by(open_provider(container, 0), container, bytes, algorithm)) {
        return *std::move(done);
    }
    Container newer = container;
    newer.provider = MS_ENH_RSA_AES_PROV_W;
    newer.type = PROV_RSA_AES;
    auto done = signed_by(open_provider(newer, 0), newer, bytes, algorithm);
    if (!done) {
        fail("key-unusable", "this system cannot sign with " + digest);
    }
    return *std::move(done);
}

KeyLook look_at_key(const std::optional<Container>& container, const std::string& spki_sha256) {
    KeyLook look;
    if (!container) {
        return look;
    }
    if (container->type == 0) {
        look.state = KeyState::unreadable;
        look.code = "cng-key";
        look.why = "its key is kept by CNG (" + narrow(container->provider) +
                   "): Lync and Skype for Business servers cannot use it";
        return look;
    }
    ProviderHandle provider;
    KeyHandle key;
    const DWORD flags = (container->flags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT;
    const bool opened = ::CryptAcquireContextW(provider.receive(),
                                               container->name.c_str(),
                                               container->provider.c_str(),
                                               container->type,
                                               flags) != FALSE &&
                        ::CryptGetUserKey(provider.get(), container->spec, key.receive()) != FALSE;
    if (!opened) {
        const DWORD error = last_error();
        const bool absent = error == static_cast<DWORD>(NTE_BAD_KEYSET) ||
                            error == static_cast<DWORD>(NTE_NO_KEY) || error == ERROR_FILE_NOT_FOUND;
        look.state = absent ? KeyState::absent : KeyState::unreadable;
        look.code = absent ? "" : "key-unreadable";
        look.why = absent ? "" : "its key cannot be opened: " + system_text(error);
        return look;
    }
    try {
        const bool same = x509::sha256(public_key_in(key.get())) == spki_sha256;
        look.state = same ? KeyState::present : KeyState::mismatched;
        look.exportable = may_leave(key.get());
        look.code = same ? "" : "key-mismatch";
        look.why = same ? "" : "the key it names is another certificate's";
    } catch (const Error& error) {
        look.state = KeyState::unreadable;
        look.code = "key-unreadable";
        look.why = error.diagnostic().text;
    }
    return look;
}

}  // namespace edgecert::windows
