// Hashes through CNG, which every Windows since Vista has, and what the shared code knows them as.
#include "resources/windows_node/hash.h"

#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/handles.h"
#include "resources/x509/certificate.h"
// after windows.h
#include <bcrypt.h>

namespace edgecert::windows {
namespace {

void close_algorithm(BCRYPT_ALG_HANDLE handle) {
    ::BCryptCloseAlgorithmProvider(handle, 0);
}
void close_hash(BCRYPT_HASH_HANDLE handle) {
    ::BCryptDestroyHash(handle);
}
using Algorithm = Owned<BCRYPT_ALG_HANDLE, close_algorithm>;
using Hash = Owned<BCRYPT_HASH_HANDLE, close_hash>;

void require(NTSTATUS status, const char* what) {
    if (status < 0) {
        throw Error("system-failed", std::string(what) + " does not work on this system");
    }
}

// The API takes bytes that it does not change as if it did.
PUCHAR octets(const char* bytes) {
    return reinterpret_cast<PUCHAR>(const_cast<char*>(bytes));  // NOLINT
}

}  // namespace

std::string digest(const wchar_t* algorithm, std::string_view bytes) {
    Algorithm provider;
    Hash hash;
    require(::BCryptOpenAlgorithmProvider(provider.receive(), algorithm, nullptr, 0), "hashing");
    DWORD length = 0;
    DWORD got = 0;
    require(
        ::BCryptGetProperty(
            provider.get(), BCRYPT_HASH_LENGTH, reinterpret_cast<PUCHAR>(&length), sizeof length, &got, 0),
        "hashing");
    require(::BCryptCreateHash(provider.get(), hash.receive(), nullptr, 0, nullptr, 0, 0), "hashing");
    require(::BCryptHashData(hash.get(), octets(bytes.data()), static_cast<ULONG>(bytes.size()), 0),
            "hashing");
    std::string out(length, '\0');
    require(::BCryptFinishHash(hash.get(), octets(out.data()), length, 0), "hashing");
    return out;
}

std::string random_bytes(unsigned long count) {
    std::string bytes(count, '\0');
    require(::BCryptGenRandom(nullptr, octets(bytes.data()), count, BCRYPT_USE_SYSTEM_PREFERRED_RNG),
            "the random number generator");
    return bytes;
}

}  // namespace edgecert::windows

namespace edgecert::x509 {

std::string sha256(std::string_view bytes) {
    return to_hex(windows::digest(BCRYPT_SHA256_ALGORITHM, bytes));
}

std::string sha1(std::string_view bytes) {
    return to_hex(windows::digest(BCRYPT_SHA1_ALGORITHM, bytes));
}

}  // namespace edgecert::x509
