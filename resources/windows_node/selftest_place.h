// Where the selftest works, and what its report says of the machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resources/windows_node/roles.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {

// A server of the selftest's own: stores, a folder and role files under one name, which nothing else reads.
class SelftestPlace {
public:
    explicit SelftestPlace(const std::string& name);

    // The store again, as another session would open it; an activation runs this program's "version".
    [[nodiscard]] std::unique_ptr<WindowsStore> open(Clock& clock) const;
    [[nodiscard]] SystemStores stores() const { return SystemStores(name_); }
    void remove() const;  // with all that an earlier run left

private:
    std::string name_;
    std::string folder_;
    std::unique_ptr<Roles> roles_;
};

// The node, the system, the account, and how many certificates the machine's stores hold: nothing secret.
[[nodiscard]] std::string selftest_heading();

}  // namespace edgecert::windows
