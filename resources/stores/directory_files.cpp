// Small operations on the files of a directory store.
#include "resources/stores/directory_files.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/posix.h"
#include "engine/text/encoding.h"

namespace edgecert::directory {
namespace {

constexpr std::string_view new_prefix = ".new-";
constexpr std::string_view removed_prefix = ".removed-";
constexpr std::size_t random_digits = 16;

bool is_random(std::string_view text) {
    return text.size() == random_digits && from_hex(text).has_value();
}

void refuse_somebody_elses(const Folder& folder) {
    struct stat status {};
    if (::fstat(folder.descriptor(), &status) != 0) {
        posix::fail("open", folder.path(), errno);
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        throw Error(
            "store-refused",
            folder.path().string() + " belongs to another user (uid " + std::to_string(status.st_uid) + ")",
            "give the folder to the user that runs edgecert");
    }
}

void sweep_names(const Folder& folder) {
    for (const std::string& name : folder.names()) {
        if (is_leftover(name)) {
            folder.remove_tree(name);
        }
    }
}

// `depth` folders below this one are ours as well.
void sweep_below(const Folder& folder, int depth) {
    sweep_names(folder);
    if (depth == 0) {
        return;
    }
    for (const std::string& name : folder.names()) {
        const auto seen = folder.stat(name);
        if (!seen || seen->kind != Folder::Stat::Kind::folder) {
            continue;
        }
        if (const auto below = folder.enter(name)) {
            sweep_below(*below, depth - 1);
        }
    }
}

}  // namespace

std::optional<Folder> open_root(const std::string& directory, bool create) {
    try {
        std::optional<Folder> root;
        if (create) {
            root = Folder::open(directory, true, folder_mode);
        } else {
            root = Folder::open_existing(directory);
        }
        if (root) {
            refuse_somebody_elses(*root);
        }
        return root;
    } catch (const Error& error) {
        const Diagnostic& why = error.diagnostic();
        const bool failed = why.code == "file-error";
        throw Error(failed ? "store-unreachable" : "store-refused", why.text, why.hint);
    }
}

std::optional<Folder> enter(const Folder& parent, const std::string& name) {
    try {
        return parent.enter(name);
    } catch (const Error& error) {
        throw Error("store-refused", error.diagnostic().text, error.diagnostic().hint);
    }
}

bool is_leftover(std::string_view name) {
    for (const std::string_view prefix : {new_prefix, removed_prefix}) {
        if (name.starts_with(prefix) && is_random(name.substr(prefix.size()))) {
            return true;
        }
    }
    return false;
}

void sweep(const Folder& root) {
    sweep_names(root);
    struct Place {
        const char* name;
        int depth;
    };
    for (const Place& place : {Place{"root", 0},
                               Place{"intermediate", 0},
                               Place{"personal", 1},
                               Place{"requests", 3},
                               Place{"roles", 0}}) {
        try {
            if (const auto folder = root.enter(place.name)) {
                sweep_below(*folder, place.depth);
            }
        } catch (const Error&) {
            continue;  // something else stands there: the look at the store reports it
        }
    }
}

std::string new_folder_name() {
    return posix::fresh_name();
}

std::string random_id() {
    return posix::fresh_name().substr(new_prefix.size()) + posix::fresh_name().substr(new_prefix.size());
}

void remove_folder(const Folder& parent, const std::string& name) {
    const std::string gone = std::string(removed_prefix) + posix::fresh_name().substr(new_prefix.size());
    parent.rename(name, gone);
    parent.remove_tree(gone);
}

void put(const Folder& folder, const std::string& name, std::string_view bytes, mode_t mode) {
    const auto there = folder.stat(name);
    if (there && there->kind == Folder::Stat::Kind::file && there->mode == mode &&
        there->size == bytes.size() && folder.read(name, bytes.size()) == bytes) {
        return;
    }
    if (there && there->kind == Folder::Stat::Kind::folder) {
        throw Error("store-refused", (folder.path() / name).string() + " is a folder where a file belongs");
    }
    folder.replace(name, bytes, mode);
}

std::string pem_of(const std::vector<x509::CertificateRef>& certificates) {
    std::string text;
    for (const auto& certificate : certificates) {
        text += x509::to_pem(*certificate);
    }
    return text;
}

std::string fullchain_of(const x509::CertificateRef& certificate,
                         const std::vector<x509::CertificateRef>& chain) {
    std::string text = x509::to_pem(*certificate);
    for (const auto& issuer : chain) {
        text += issuer->self_signed ? std::string() : x509::to_pem(*issuer);
    }
    return text;
}

void Findings::add(const std::string& path, const std::string& code, const std::string& text) {
    if (findings_.size() < finding_limit) {
        findings_.push_back(Finding{printable(path, 512), code, printable(text, 512)});
    } else if (findings_.size() == finding_limit) {
        findings_.push_back(
            Finding{"", "too-many-findings", "there is more in this store that is not as it should be"});
    }
}

std::vector<Finding> Findings::sorted() const {
    std::vector<Finding> sorted = findings_;
    std::sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.path, a.code, a.text) < std::tie(b.path, b.code, b.text);
    });
    return sorted;
}

}  // namespace edgecert::directory
