// What survives: bytes after the fsync of their file, names after the fsync of their folder. Of the rest,
// changes of one folder come in their order, bytes whole, torn or not at all.
#include "tests/support/sim_disk.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace edgecert {

namespace {

namespace fs = std::filesystem;

thread_local SimDisk* disk_in_use = nullptr;  // NOLINT: the calls have no other way to it

bool needs_space(DiskCall call) {
    return call == DiskCall::create || call == DiskCall::write || call == DiskCall::folder ||
           call == DiskCall::link || call == DiskCall::sync;
}

}  // namespace

SimDisk::SimDisk(fs::path folder, std::uint64_t seed) : folder_(std::move(folder)), random_(seed) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    adopt();
}

SimDisk::~SimDisk() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void SimDisk::arm(DiskTrouble trouble, int calls, int times, int tag) {
    armed_.push_back({trouble, calls, times, tag, false});
}

bool SimDisk::take_back(int tag) {
    return std::erase_if(armed_, [&](const Armed& one) { return one.tag == tag && !one.begun; }) > 0;
}

void SimDisk::revive() {
    met_ = DiskTrouble::none;
    dead_ = false;
}

void SimDisk::calm() {
    armed_.clear();
    revive();
}

int SimDisk::gate(DiskCall call) {
    if (dead_) {
        return EIO;
    }
    if (armed_.empty() || armed_.front().calls-- > 0) {
        return 0;
    }
    Armed& now = armed_.front();
    if (now.trouble == DiskTrouble::full && !needs_space(call)) {
        return 0;
    }
    if (now.trouble == DiskTrouble::sync && call != DiskCall::sync) {
        return 0;
    }
    now.begun = true;
    met_ = now.trouble;
    met_tag_ = now.tag;
    dead_ = now.trouble == DiskTrouble::death || now.trouble == DiskTrouble::power;
    const int why = now.trouble == DiskTrouble::full ? ENOSPC : EIO;
    if (--now.times <= 0 || dead_) {
        armed_.pop_front();
    }
    return why;
}

bool SimDisk::covers(const fs::path& place) const {
    const std::string& all = folder_.native();
    const std::string& one = place.native();
    return one.starts_with(all) && (one.size() == all.size() || one[all.size()] == '/');
}

SimDisk::NodeRef SimDisk::find(const fs::path& place) const {
    NodeRef node = root_;
    for (const fs::path& name : place.lexically_relative(folder_)) {
        if (name == ".") {
            continue;
        }
        const auto next = node->entries.find(name.native());
        if (next == node->entries.end()) {
            return nullptr;
        }
        node = next->second;
    }
    return node;
}

void SimDisk::apply(std::map<std::string, NodeRef>& entries, const Change& change) {
    for (const auto& [name, node] : change) {
        if (node == nullptr) {
            entries.erase(name);
        } else {
            entries[name] = node;
        }
    }
}

void SimDisk::change(const fs::path& folder, Change entries) {
    if (const NodeRef node = find(folder)) {
        apply(node->entries, entries);
        node->pending.push_back(std::move(entries));
    }
}

void SimDisk::put(const fs::path& place, NodeRef node) {
    change(place.parent_path(), {{place.filename().native(), std::move(node)}});
}

void SimDisk::created(const fs::path& file, mode_t mode, bool emptied) {
    const NodeRef there = find(file);
    if (there == nullptr) {
        auto node = std::make_shared<Node>();
        node->mode = mode;
        put(file, std::move(node));
    } else if (emptied) {
        there->bytes.clear();
    }
}

void SimDisk::wrote(const fs::path& file, std::string_view bytes) {
    if (const NodeRef node = find(file)) {
        node->bytes += bytes;
    }
}

void SimDisk::synced(const fs::path& place) {
    const NodeRef node = find(place);
    if (node == nullptr) {
        return;
    }
    node->durable_bytes = node->failed ? node->durable_bytes : std::optional(node->bytes);
    node->durable_entries = node->entries;
    node->pending.clear();
}

void SimDisk::sync_failed(const fs::path& place) {
    if (const NodeRef node = find(place)) {
        node->failed = node->durable_bytes != node->bytes;
    }
}

// SplitMix64, so that a seed means the same names in every process.
std::string SimDisk::random_bytes(std::size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
        random_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = random_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed ^= mixed >> 27U;
        bytes.push_back(static_cast<char>(mixed & 0xffU));
    }
    return bytes;
}

void SimDisk::renamed(const fs::path& from, const fs::path& to) {
    const NodeRef node = find(from);
    if (node != nullptr && from.parent_path() == to.parent_path()) {
        change(from.parent_path(), {{from.filename().native(), nullptr}, {to.filename().native(), node}});
    }
}

void SimDisk::removed(const fs::path& place) {
    put(place, nullptr);
}

void SimDisk::linked(const fs::path& link, const std::string& target) {
    auto node = std::make_shared<Node>();
    node->kind = Kind::link;
    node->bytes = target;
    node->durable_bytes = target;
    put(link, std::move(node));
}

void SimDisk::made(const fs::path& folder, mode_t mode) {
    auto node = std::make_shared<Node>();
    node->kind = Kind::folder;
    node->mode = mode;
    put(folder, std::move(node));
}

void SimDisk::set_mode(const fs::path& place, mode_t mode) {
    if (const NodeRef node = find(place)) {
        node->mode = mode;
    }
}

SimDisk::NodeRef SimDisk::read(const fs::path& place) {
    auto node = std::make_shared<Node>();
    const fs::file_status status = fs::symlink_status(place);
    node->mode = static_cast<mode_t>(status.permissions());
    if (fs::is_symlink(status)) {
        node->kind = Kind::link;
        node->bytes = fs::read_symlink(place).native();
    } else if (fs::is_directory(status)) {
        node->kind = Kind::folder;
        for (const fs::directory_entry& entry : fs::directory_iterator(place)) {
            node->entries[entry.path().filename().native()] = read(entry.path());
        }
        node->durable_entries = node->entries;
    } else {
        std::ifstream file(place, std::ios::binary);
        node->bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    node->durable_bytes = node->bytes;
    return node;
}

void SimDisk::adopt() {
    root_ = read(folder_);
}

void SimDisk::settle(Node& node, const std::function<int(int)>& below) {
    if (node.kind == Kind::folder) {
        const auto kept = static_cast<std::size_t>(below(static_cast<int>(node.pending.size()) + 1));
        for (std::size_t i = 0; i < kept; ++i) {
            apply(node.durable_entries, node.pending[i]);
        }
        node.pending.clear();
        node.entries = node.durable_entries;
        for (const auto& [name, child] : node.entries) {
            settle(*child, below);
        }
        return;
    }
    if (node.durable_bytes != node.bytes) {
        const int luck = below(3);
        const auto torn = static_cast<std::size_t>(below(static_cast<int>(node.bytes.size()) + 1));
        node.bytes = luck == 0 || node.failed ? node.durable_bytes.value_or("")
                     : luck == 1              ? node.bytes.substr(0, torn)
                                              : node.bytes;
    }
    node.failed = false;
    node.durable_bytes = node.bytes;
}

void SimDisk::write(const Node& node, const fs::path& place) {
    switch (node.kind) {
        case Kind::link:
            fs::create_symlink(node.bytes, place);
            return;
        case Kind::file: {
            std::ofstream file(place, std::ios::binary);
            file << node.bytes;
            break;
        }
        case Kind::folder:
            fs::create_directory(place);
            for (const auto& [name, child] : node.entries) {
                write(*child, place / name);
            }
            break;
    }
    fs::permissions(place, static_cast<fs::perms>(node.mode));
}

void SimDisk::lose_power(const std::function<int(int)>& below) {
    settle(*root_, below);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
        fs::remove_all(entry.path());
    }
    for (const auto& [name, node] : root_->entries) {
        write(*node, folder_ / name);
    }
}

DiskUse::DiskUse(SimDisk& disk) : before_(disk_in_use) {
    disk_in_use = &disk;
}

DiskUse::~DiskUse() {
    disk_in_use = before_;
}

SimDisk* DiskUse::current() {
    return disk_in_use;
}

}  // namespace edgecert
