// One operation on a store in memory, between its points.
#pragma once

#include "tests/support/memory_store.h"

namespace edgecert {

class MemoryOperation {
public:
    MemoryOperation(MemoryServer& server, StoreServices& services, StoreOperation operation)
        : server_(server), services_(services), operation_(operation) {
        services_.before(server_, operation_);
    }
    MemoryOperation(const MemoryOperation&) = delete;
    MemoryOperation& operator=(const MemoryOperation&) = delete;
    ~MemoryOperation() = default;

    void midway() const { services_.midway(server_, operation_); }
    void done() const { services_.after(server_, operation_); }

private:
    MemoryServer& server_;
    StoreServices& services_;
    StoreOperation operation_;
};

}  // namespace edgecert
