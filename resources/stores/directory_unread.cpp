// What of a store was not read, and how its owner mends that.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/directory_files.h"

namespace edgecert::directory {
namespace {

constexpr std::size_t most_unread = 1000;
constexpr std::size_t most_told = 3;

// A path as a shell takes it for one word.
std::string shell_word(const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("/._-+:@%=,").find(c) != std::string_view::npos;
    });
    if (plain && !text.empty()) {
        return text;
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

std::string mend_link(const Folder& parent, const std::string& name, const std::string& path) {
    const auto target = parent.read_link(name);
    if (!target || target->empty()) {
        return "rm " + path;
    }
    const auto whole = (parent.path() / *target).lexically_normal().string();
    return "rm " + path + " && mv " + shell_word(whole) + " " + path;
}

bool may(const Folder& folder, const std::string& name, int what) {
    return ::faccessat(folder.descriptor(), name.c_str(), what, AT_EACCESS) == 0 || errno != EACCES;
}

// Nothing where permissions are not to blame.
std::string mend_permission(const Folder& parent, const std::string& name, const std::string& path) {
    if (!may(parent, ".", R_OK | X_OK)) {
        return "chmod u+rwx " + shell_word(parent.path().string());
    }
    const auto there = parent.stat(name);
    if (!there) {
        return {};
    }
    const bool is_folder = there->kind == Folder::Stat::Kind::folder;
    if (may(parent, name, is_folder ? R_OK | X_OK : R_OK)) {
        return {};
    }
    if (there->owner != ::geteuid()) {
        return "chown " + std::to_string(::geteuid()) + " " + path;
    }
    return (is_folder ? "chmod u+rwx " : "chmod u+rw ") + path;
}

std::string mend(const Folder& parent, const std::string& name, const Diagnostic& why) {
    const std::string path = shell_word((parent.path() / name).string());
    try {
        if (why.code == "unsafe-link") {
            return mend_link(parent, name, path);
        }
        if (why.code == "unsafe-folder") {
            return "chmod o-w " + path;
        }
        if (why.code == "file-error") {
            return mend_permission(parent, name, path);
        }
    } catch (const Error&) {
        return {};  // not even this can be told
    }
    return "mv " + path + " to another place";
}

void append(std::string& list, const std::string& text) {
    if (!text.empty() && list.find(text) == std::string::npos) {
        list += (list.empty() ? "" : "; ") + text;
    }
}

}  // namespace

bool is_unread(const Error& error) {
    const std::string& code = error.diagnostic().code;
    return code == "unsafe-link" || code == "unsafe-folder" || code == "file-error";
}

void Findings::add_unread(const Folder& parent, const std::string& name, const Error& why) {
    const Diagnostic& reason = why.diagnostic();
    const std::string path = (parent.path() / name).string();
    if (unread_.size() == most_unread) {
        return;
    }
    // An error from further in names what it is about by itself, and perhaps in other words.
    Diagnostic told = reason;
    told.text = reason.text.find(path) == std::string::npos ? path + ": " + reason.text : reason.text;
    told.hint = mend(parent, name, reason);
    unread_.push_back(std::move(told));
}

void Findings::refuse_unread() const {
    if (unread_.empty()) {
        return;
    }
    std::string what;
    std::string how;
    for (std::size_t at = 0; at < std::min(unread_.size(), most_told); ++at) {
        append(what, unread_[at].text);
        append(how, unread_[at].hint);
    }
    if (unread_.size() > most_told) {
        what += "; and " + std::to_string(unread_.size() - most_told) + " more";
    }
    throw Error("store-refused",
                "a part of the store cannot be read: " + printable(what, 3000),
                printable(how, 1500));
}

}  // namespace edgecert::directory
