// Pages: memory mapped from the system.
#include <cstddef>
#include <memory_resource>
#include <new>
#include <sys/mman.h>

#include "engine/manifest/tree.h"

namespace edgecert {

// Pages are aligned more than anything that is put there.
void* Pages::do_allocate(std::size_t bytes, std::size_t) {
    void* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        throw std::bad_alloc();
    }
    return pages;
}

void Pages::do_deallocate(void* pointer, std::size_t bytes, std::size_t) {
    static_cast<void>(munmap(pointer, bytes));
}

bool Pages::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

}  // namespace edgecert
