// Where a server's roles say which certificate they use, by its SHA-1 thumbprint: asked every time, never
// remembered.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resources/windows_node/data_folder.h"

namespace edgecert::windows {

class Roles {
public:
    Roles() = default;
    Roles(const Roles&) = delete;
    Roles& operator=(const Roles&) = delete;
    virtual ~Roles() = default;

    // Role → thumbprint, 40 lower-case hex digits. Error "roles-unreadable": what is assigned is not known.
    [[nodiscard]] virtual std::map<std::string, std::string> read() = 0;
    // Error "store-refused": no role of this name is kept there.
    virtual void check(const std::string& role) const = 0;
    // Error "assignment-failed".
    virtual void assign(const std::string& role, const std::string& thumbprint) = 0;
    virtual void clear(const std::string& role) = 0;
};

// Files in the node's own folder that whoever uses the certificate reads: roles\role-NAME.thumbprint.
[[nodiscard]] std::unique_ptr<Roles> roles_in_files(const DataFolder& folder);

// A program of the owner's: "PROGRAM … list" writes lines "ROLE THUMBPRINT", "PROGRAM … assign ROLE
// THUMBPRINT" and "PROGRAM … clear ROLE" change one.
[[nodiscard]] std::unique_ptr<Roles> roles_by_program(std::vector<std::string> argv, Seconds patience);

// Get-CsCertificate and Set-CsCertificate of Lync Server ("Lync") and Skype for Business Server
// ("SkypeForBusiness") in `powershell`.
[[nodiscard]] std::unique_ptr<Roles> roles_by_shell(std::string module,
                                                    std::string powershell,
                                                    Seconds patience);

// What the two above share: lines "ROLE THUMBPRINT", others passed over; bounded. Error "roles-unreadable": a
// role has two certificates.
[[nodiscard]] std::map<std::string, std::string> parse_assignments(std::string_view text);
[[nodiscard]] bool is_role_name(std::string_view text);

}  // namespace edgecert::windows
