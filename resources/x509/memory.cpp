// Memory functions for OpenSSL that leave nothing behind (CRYPTO_set_mem_functions(3)).
#include "resources/x509/memory.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <malloc.h>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert::x509 {
namespace {

// NOLINTBEGIN(cppcoreguidelines-no-malloc): this is what malloc is for
void* take(std::size_t size, const char* /*file*/, int /*line*/) {
    return std::malloc(size);
}

void give_back(void* memory, const char* /*file*/, int /*line*/) {
    if (memory != nullptr) {
        ::explicit_bzero(memory, ::malloc_usable_size(memory));
        std::free(memory);
    }
}

// Never by realloc(3), which leaves the old bytes where they were when it moves them.
void* resize(void* memory, std::size_t size, const char* file, int line) {
    if (memory == nullptr) {
        return take(size, file, line);
    }
    if (size == 0) {
        give_back(memory, file, line);
        return nullptr;
    }
    const std::size_t before = ::malloc_usable_size(memory);
    void* moved = std::malloc(size);
    if (moved == nullptr) {
        return nullptr;
    }
    std::memcpy(moved, memory, std::min(before, size));
    give_back(memory, file, line);
    return moved;
}
// NOLINTEND(cppcoreguidelines-no-malloc)

}  // namespace

void wipe_what_openssl_frees() {
    if (CRYPTO_set_mem_functions(take, resize, give_back) != 1) {
        throw Error("no-wiping", "OpenSSL could not be told to wipe the memory that it frees");
    }
}

}  // namespace edgecert::x509
