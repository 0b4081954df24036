// Reading roles: the link is what serves, the record remembers.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"

namespace edgecert::directory {

using records::WrittenRole;

namespace {

constexpr std::string_view json_ending = ".json";
using records::bad_record;

std::optional<RoleRecord> read_role(const Folder& roles,
                                    const std::string& role,
                                    const std::string& directory,
                                    const std::set<std::string>& personal,
                                    const Reading& reading) {
    const auto written = read_role_record(roles, role, reading);
    if (!written && !roles.stat(role)) {
        return std::nullopt;  // a record that is none, and nothing else
    }
    RoleRecord seen = written.value_or(WrittenRole{}).role;
    seen.role = role;
    const std::string ours = std::exchange(seen.assigned, "");
    const auto link = read_role_link(roles, role, directory);
    if (!link) {
        reading.findings.add(
            "roles/" + role, "foreign-role-link", "it leads to no entry of this store, and is not followed");
        seen.dangling = true;
        return seen;
    }
    seen.assigned = *link;
    seen.previous = written.value_or(WrittenRole{}).previous_of(*link);
    seen.owned = !link->empty() && *link == ours;
    if (!link->empty() && !personal.contains(*link)) {
        seen.dangling = true;
        reading.findings.add(
            "roles/" + role, "dangling-role", "it points at a certificate that is not there");
    }
    return seen;
}

}  // namespace

// Without dots: the record of role a, a.json, is not the role "a.json".
bool is_role_name(std::string_view name) {
    return is_name(name) && name.find('.') == std::string_view::npos;
}

std::optional<WrittenRole> read_role_record(const Folder& roles,
                                            const std::string& role,
                                            const Reading& reading) {
    const std::string name = role + std::string(json_ending);
    try {
        const auto bytes = roles.read(name, entry_limit);
        if (!bytes) {
            return std::nullopt;
        }
        return records::parse_role(*bytes, role);
    } catch (const Error& error) {
        if (is_unread(error)) {
            reading.findings.add_unread(roles, name, error);
        } else {
            reading.findings.add("roles/" + name, bad_record, error.diagnostic().text);
        }
        return std::nullopt;
    }
}

std::optional<std::string> read_role_link(const Folder& roles,
                                          const std::string& role,
                                          const std::string& directory) {
    const auto there = roles.stat(role);
    if (!there) {
        return "";
    }
    if (there->kind != Folder::Stat::Kind::link) {
        return std::nullopt;
    }
    std::string target = roles.read_link(role).value_or("");
    while (target.ends_with('/')) {
        target.pop_back();
    }
    // As we write it, or as a person would who names the same entry in full.
    for (const std::string& prefix : {std::string("../personal/"), directory + "/personal/"}) {
        if (target.starts_with(prefix) && is_hash(target.substr(prefix.size()))) {
            return target.substr(prefix.size());
        }
    }
    return std::nullopt;
}

std::set<std::string> read_serving(const Folder& root) {
    std::set<std::string> serving;
    try {
        const auto roles = root.enter("roles");
        for (const std::string& name : roles ? roles->names() : std::vector<std::string>{}) {
            const auto link = is_role_name(name) ? read_role_link(*roles, name, root.path().string())
                                                 : std::optional<std::string>{};
            serving.insert(link.value_or(""));
        }
    } catch (const Error&) {
        return serving;
    }
    return serving;
}

std::vector<RoleRecord> read_all_roles(const Folder& root,
                                       const std::set<std::string>& personal,
                                       const Reading& reading) {
    std::vector<RoleRecord> seen;
    try {
        const auto roles = root.enter("roles");
        std::set<std::string> names;
        for (const std::string& name : roles ? roles->names() : std::vector<std::string>{}) {
            const std::string role =
                name.ends_with(json_ending) ? name.substr(0, name.size() - json_ending.size()) : name;
            if (is_role_name(role)) {
                names.insert(role);
            } else if (!is_leftover(name)) {
                reading.findings.add("roles/" + name, "rubbish", "no role has such a name");
            }
        }
        for (const std::string& role : names) {
            if (auto record = read_role(*roles, role, root.path().string(), personal, reading)) {
                seen.push_back(*std::move(record));
            }
        }
    } catch (const Error& error) {
        reading.findings.add_unread(root, "roles", error);
    }
    return seen;
}

}  // namespace edgecert::directory
