// The machine's certificate stores: read, changed one certificate at a time, each change written at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/windows_node/certificate_properties.h"
#include "resources/windows_node/handles.h"

namespace edgecert::windows {

enum class StoreName { root, intermediate, personal, request };

// "Root", "CA" or "Intermediate", "My" or "Personal", "Request", in any case; nullopt: another.
[[nodiscard]] std::optional<StoreName> parse_store_name(std::string_view text);

class SystemStores {
public:
    // Empty: the machine's own. Else stores named after it, which nothing else reads (tests, selftest).
    explicit SystemStores(std::string prefix) : prefix_(std::move(prefix)) {}

    [[nodiscard]] std::string name_of(StoreName store) const;  // "My", or with the prefix before it
    // Sorted by nothing; a store that does not exist is empty. Error "store-refused".
    [[nodiscard]] std::vector<Stored> read(StoreName store) const;
    [[nodiscard]] std::optional<Stored> find(StoreName store, const std::string& sha1) const;

    // Every change is read back from the store before these return; Error "store-refused": it was not kept.
    // Adds it, or replaces the same certificate with all that was kept about it.
    void put(StoreName store, const Stored& certificate) const;
    void remove(StoreName store, const std::string& sha1) const;  // absent: done
    void set_friendly_name(StoreName store, const std::string& sha1, const std::string& name) const;
    void set_record(StoreName store, const std::string& sha1, const std::string& record) const;

private:
    [[nodiscard]] StoreHandle open(StoreName store, DWORD flags) const;
    template <typename Write, typename Kept>
    void change(StoreName store, const std::string& sha1, Write write, Kept kept) const;
    std::string prefix_;
};

}  // namespace edgecert::windows
