// A disk of the simulation: a real folder, and beside it what of it would survive a loss of power. While a
// disk is in use on a thread, the system calls that change files go through it (sim_disk_calls.cpp).
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace edgecert {

enum class DiskTrouble {
    none,
    error,  // calls fail with EIO, a failing fsync loses what it was to keep
    sync,   // an fsync fails with EIO, and loses what it was to keep; all else works
    full,   // calls that need space fail with ENOSPC
    death,  // the process that uses the disk is killed
    power   // the machine loses its power
};

enum class DiskCall { create, write, sync, rename, remove, link, folder, mode };

class SimDisk {
public:
    // Makes the folder, or empties the one that is there.
    SimDisk(std::filesystem::path folder, std::uint64_t seed);
    SimDisk(const SimDisk&) = delete;
    SimDisk& operator=(const SimDisk&) = delete;
    ~SimDisk();

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    // Trouble comes at the `calls`-th call from now on, or after what was armed before is over, and, if it
    // passes, is over after `times` calls. `tag` names it for whoever asks.
    void arm(DiskTrouble trouble, int calls, int times, int tag);
    [[nodiscard]] bool take_back(int tag);  // true: it had not begun, and does not come any more
    [[nodiscard]] DiskTrouble met() const { return met_; }  // what came since the last begin()
    [[nodiscard]] int met_tag() const { return met_tag_; }
    void begin() { met_ = DiskTrouble::none; }  // another operation
    void revive();                              // the dead are alive again
    void calm();                                // and no more trouble

    // Somebody else changed the folder: what is there now, survives.
    void adopt();
    // What was synced is there, of the rest as much as `below` says (below(n): 0 … n − 1).
    void lose_power(const std::function<int(int)>& below);

    // What the calls are told. The error number with which a call has to fail, or 0.
    [[nodiscard]] int gate(DiskCall call);
    void created(const std::filesystem::path& file, mode_t mode, bool emptied);
    void wrote(const std::filesystem::path& file, std::string_view bytes);
    void synced(const std::filesystem::path& place);
    void sync_failed(const std::filesystem::path& place);
    [[nodiscard]] std::string random_bytes(std::size_t count);
    void renamed(const std::filesystem::path& from, const std::filesystem::path& to);
    void removed(const std::filesystem::path& place);
    void linked(const std::filesystem::path& link, const std::string& target);
    void made(const std::filesystem::path& folder, mode_t mode);
    void set_mode(const std::filesystem::path& place, mode_t mode);
    [[nodiscard]] bool covers(const std::filesystem::path& place) const;

private:
    enum class Kind { file, folder, link };
    struct Node;
    using NodeRef = std::shared_ptr<Node>;
    using Change = std::vector<std::pair<std::string, NodeRef>>;  // names set, or (null) removed, at once
    struct Node {
        Kind kind{Kind::file};
        mode_t mode{};
        std::string bytes{};  // of a file; a link's target
        std::optional<std::string> durable_bytes{};
        bool failed{};  // an fsync failed: what was written then never gets to the disk
        std::map<std::string, NodeRef> entries{};
        std::map<std::string, NodeRef> durable_entries{};
        std::vector<Change> pending{};
    };

    [[nodiscard]] NodeRef find(const std::filesystem::path& place) const;
    void change(const std::filesystem::path& folder, Change entries);
    void put(const std::filesystem::path& place, NodeRef node);
    static void apply(std::map<std::string, NodeRef>& entries, const Change& change);
    static NodeRef read(const std::filesystem::path& place);
    static void settle(Node& node, const std::function<int(int)>& below);
    static void write(const Node& node, const std::filesystem::path& place);

    std::filesystem::path folder_;
    std::uint64_t random_;
    NodeRef root_{};
    struct Armed {
        DiskTrouble trouble{};
        int calls{};
        int times{};
        int tag{};
        bool begun{};
    };
    std::deque<Armed> armed_{};  // one after the other
    DiskTrouble met_{DiskTrouble::none};
    int met_tag_{};
    bool dead_{};
};

// The disk that this thread's calls go through while it lives.
class DiskUse {
public:
    explicit DiskUse(SimDisk& disk);
    DiskUse(const DiskUse&) = delete;
    DiskUse& operator=(const DiskUse&) = delete;
    ~DiskUse();

    [[nodiscard]] static SimDisk* current();

private:
    SimDisk* before_;
};

}  // namespace edgecert
