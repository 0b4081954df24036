// Windows' handles as values that close themselves, and its headers in the order they want.
#pragma once

// clang-format off
#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>
// clang-format on

#include <utility>

namespace edgecert::windows {

// Owns one handle; `Free` ends it. Empty: none is held.
template <typename Handle, auto Free>
class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) : handle_(handle) {}
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
    Owned& operator=(Owned&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, Handle{});
        }
        return *this;
    }
    ~Owned() { reset(); }

    [[nodiscard]] Handle get() const { return handle_; }
    [[nodiscard]] Handle* receive() {  // for functions that fill a handle in
        reset();
        return &handle_;
    }
    [[nodiscard]] explicit operator bool() const { return handle_ != Handle{}; }
    void reset() {
        if (handle_ != Handle{}) {
            Free(handle_);
            handle_ = Handle{};
        }
    }

private:
    Handle handle_{};
};

inline void close_handle(HANDLE handle) {
    if (handle != INVALID_HANDLE_VALUE) {
        ::CloseHandle(handle);
    }
}
inline void close_store(HCERTSTORE store) {
    ::CertCloseStore(store, 0);
}
inline void free_certificate(PCCERT_CONTEXT certificate) {
    ::CertFreeCertificateContext(certificate);
}
inline void release_provider(HCRYPTPROV provider) {
    ::CryptReleaseContext(provider, 0);
}
inline void destroy_key(HCRYPTKEY key) {
    ::CryptDestroyKey(key);
}
inline void destroy_hash(HCRYPTHASH hash) {
    ::CryptDestroyHash(hash);
}
inline void free_local(void* memory) {
    ::LocalFree(memory);
}

using SystemHandle = Owned<HANDLE, close_handle>;
using StoreHandle = Owned<HCERTSTORE, close_store>;
using CertificateHandle = Owned<PCCERT_CONTEXT, free_certificate>;
using ProviderHandle = Owned<HCRYPTPROV, release_provider>;
using KeyHandle = Owned<HCRYPTKEY, destroy_key>;
using HashHandle = Owned<HCRYPTHASH, destroy_hash>;
using LocalMemory = Owned<void*, free_local>;

}  // namespace edgecert::windows
