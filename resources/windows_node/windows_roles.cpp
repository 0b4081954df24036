// Roles: what they point at is asked of where it is kept; what they remember stands in the node's folder, and
// is written before anything moves.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/records.h"
#include "resources/windows_node/windows_store.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr std::string_view prefix = "role-";
constexpr std::string_view ending = ".json";

void check_role(const std::string& role) {
    if (!is_role_name(role)) {
        throw Error(refused, "\"" + printable(role, 64) + "\" is no role");
    }
}

void check_id(const CertificateId& id) {
    if (!id.empty() && !is_hash(id)) {
        throw Error(refused, "\"" + printable(id, 80) + "\" names no certificate that exists");
    }
}

std::string file_of(const std::string& role) {
    return "roles\\" + std::string(prefix) + role + std::string(ending);
}

std::string assigned_to(const std::map<std::string, std::string>& assigned, const std::string& role) {
    const auto found = assigned.find(role);
    return found == assigned.end() ? "" : found->second;
}

}  // namespace

// Its role is "" when there is none.
records::WrittenRole WindowsStore::read_role_record(const std::string& role, Findings& findings) {
    try {
        if (const auto text = folder_.read(file_of(role), records::record_limit)) {
            return records::parse_role(*text, role);
        }
    } catch (const Error& error) {
        findings.push_back(
            {.path = file_of(role), .code = error.diagnostic().code, .text = error.diagnostic().text});
    }
    return {};
}

void WindowsStore::write_role_record(const records::WrittenRole& written) const {
    folder_.replace(file_of(written.role.role), records::role_text(written));
}

std::vector<RoleRecord> WindowsStore::read_roles(const std::vector<PersonalEntry>& personal,
                                                 Findings& findings) {
    const auto assigned = roles_.read();
    std::map<std::string, records::WrittenRole> written;
    for (const std::string& name : folder_.names("roles")) {
        const bool record = name.starts_with(prefix) && name.ends_with(ending);
        const std::string role =
            record ? name.substr(prefix.size(), name.size() - prefix.size() - ending.size()) : "";
        if (is_role_name(role)) {
            records::WrittenRole found = read_role_record(role, findings);
            if (!found.role.role.empty()) {
                written[role] = std::move(found);
            }
        }
    }
    for (const auto& one : assigned) {
        written[one.first].role.role = one.first;
    }
    std::vector<RoleRecord> seen;
    for (const auto& item : written) {
        RoleRecord role = item.second.role;
        const std::string ours = std::exchange(role.assigned, "");
        const std::string thumbprint = assigned_to(assigned, role.role);
        const auto entry =
            std::find_if(personal.begin(), personal.end(), [&thumbprint](const PersonalEntry& one) {
                return one.certificate->sha1 == thumbprint;
            });
        if (entry != personal.end()) {
            role.assigned = entry->id;
            role.owned = entry->id == ours;
        } else if (!thumbprint.empty()) {
            role.dangling = true;
            findings.push_back({.path = "roles/" + role.role,
                                .code = "dangling-role",
                                .text = "it points at a certificate that is not there: " + thumbprint});
        }
        role.previous = item.second.previous_of(role.assigned);
        seen.push_back(std::move(role));
    }
    return seen;
}

std::string WindowsStore::certificate_of(const std::string& thumbprint) {
    const auto found = thumbprint.empty() ? std::nullopt : stores_.find(StoreName::personal, thumbprint);
    return found ? x509::sha256(found->der) : "";
}

// Marks what a role is about to leave, unless another role still has it; before the role moves, or a crash
// between would leave a certificate that nobody ever retires.
void WindowsStore::leave(const std::map<std::string, std::string>& assigned,
                         const CertificateId& id,
                         const std::string& role,
                         Instant now) {
    const std::string thumbprint = assigned_to(assigned, role);
    const bool elsewhere = std::any_of(assigned.begin(), assigned.end(), [&](const auto& one) {
        return one.first != role && one.second == thumbprint;
    });
    if (!id.empty() && !elsewhere) {
        mark_superseded(id, now);
    }
}

void WindowsStore::assign(const RoleAssignment& assignment) {
    check_role(assignment.role);
    roles_.check(assignment.role);
    const Change change = start_change();
    const Installed installed = need_personal(assignment.certificate);
    const PersonalEntry& entry = installed.entry;
    if (entry.key != KeyState::present) {  // I1
        throw Error(refused, "the certificate is here without its key: " + entry.id);
    }
    const auto assigned = roles_.read();
    const CertificateId served = certificate_of(assigned_to(assigned, assignment.role));
    Findings ignored;
    records::WrittenRole written = read_role_record(assignment.role, ignored);
    RoleRecord& record = written.role;
    record.role = assignment.role;
    written.before = written.previous_of(served);
    for (const CertificateId& left : {record.assigned, served}) {  // what served comes last
        if (!left.empty() && left != entry.id && find_personal(left)) {
            record.previous = left;
        }
    }
    if (served != entry.id) {
        record.activated = {};
        record.verified = {};
        record.verified_checks = {};
    }
    record.assigned = entry.id;
    record.pool = assignment.pool;
    if (assignment.clear_rejection) {
        record.rejected.clear();
    }
    mark_superseded(entry.id, std::nullopt);
    write_role_record(written);
    if (served == entry.id) {
        return;
    }
    leave(assigned, served, assignment.role, assignment.now);
    roles_.assign(assignment.role, entry.certificate->sha1);
}

void WindowsStore::unassign(const std::string& role, Instant now) {
    check_role(role);
    const auto before = roles_.read();
    if (assigned_to(before, role).empty()) {
        return;
    }
    const Change change = start_change();
    const auto assigned = roles_.read();
    const CertificateId served = certificate_of(assigned_to(assigned, role));
    Findings ignored;
    records::WrittenRole written = read_role_record(role, ignored);
    RoleRecord& record = written.role;
    record.role = role;
    written.before = written.previous_of(served);
    record.previous = served.empty() ? record.previous : served;
    record.assigned = {};
    write_role_record(written);
    leave(assigned, served, role, now);
    roles_.clear(role);
}

void WindowsStore::note_role(const RoleNote& note) {
    check_role(note.role);
    check_id(note.activated.value_or(""));
    check_id(note.verified.value_or(""));
    check_id(note.rejected ? note.rejected->certificate : "");
    const Change change = start_change();
    Findings ignored;
    records::WrittenRole written = read_role_record(note.role, ignored);
    written.role.role = note.role;
    records::take_note(written.role, note);
    write_role_record(written);
}

}  // namespace edgecert::windows
