// The node's own folder, %ProgramData%\edgecert: small files, each replaced whole, and the lock.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"
#include "resources/windows_node/handles.h"

namespace edgecert::windows {

// Held while a store is being changed; gone with the process.
class DataLock {
public:
    DataLock(SystemHandle file) : file_(std::move(file)) {}

private:
    SystemHandle file_;
};

// Names inside are ours: letters, digits, '-' and '.', never a path of somebody else's; "requests\a" is one
// folder deep. Errors "store-refused".
class DataFolder {
public:
    // "": %ProgramData%\edgecert. Nothing is made yet.
    explicit DataFolder(const std::string& path);

    [[nodiscard]] std::string path() const;  // UTF-8
    [[nodiscard]] bool exists() const;
    void check() const;  // Error: it is somebody else's, or open to others
    void make();         // readable by administrators and the system only
    [[nodiscard]] bool has(const std::string& name) const;
    [[nodiscard]] std::optional<std::string> read(const std::string& name, std::size_t limit) const;
    // Beside, flushed, renamed: after a crash, what was there or what is wanted. The same bytes: nothing is
    // written.
    void replace(const std::string& name, std::string_view bytes) const;
    void remove(const std::string& name) const;  // absent: done
    // What is in it, in small letters, sorted; folders too, which are no records and are told of.
    [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;
    [[nodiscard]] std::vector<std::string> files(const std::string& folder) const;
    void sweep(const std::string& folder) const;  // what a crash left half written

    // Error "store-locked" when the patience is over.
    [[nodiscard]] std::shared_ptr<DataLock> lock(Seconds patience) const;

private:
    [[nodiscard]] bool says(const std::string& name, std::string_view bytes) const;
    [[nodiscard]] std::wstring full(const std::string& name) const;
    std::wstring path_;
};

}  // namespace edgecert::windows
