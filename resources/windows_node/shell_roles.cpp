// Roles of Lync Server and Skype for Business Server, through their management shell.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/process.h"
#include "resources/windows_node/roles.h"

namespace edgecert::windows {
namespace {

struct Type {
    std::string_view role{};
    std::string_view name{};  // as Set-CsCertificate -Type takes it
};
constexpr std::array<Type, 4> types{{{"internal", "Internal"},
                                     {"access-edge-external", "AccessEdgeExternal"},
                                     {"data-edge-external", "DataEdgeExternal"},
                                     {"audio-video-authentication", "AudioVideoAuthentication"}}};

std::string type_of(const std::string& role) {
    for (const Type& type : types) {
        if (type.role == role) {
            return std::string(type.name);
        }
    }
    throw Error("store-refused",
                "\"" + printable(role, 64) + "\" is no role of a Lync or Skype for Business Edge Server");
}

class ShellRoles final : public Roles {
public:
    ShellRoles(std::string module, std::string powershell, Seconds patience)
        : module_(std::move(module)), powershell_(std::move(powershell)), patience_(patience) {}

    // One line a role, and a last one that says that all went well: a shell that stops in the middle must not
    // look like a server without certificates.
    std::map<std::string, std::string> read() override {
        std::string text = "$ErrorActionPreference='Stop'; Import-Module " + module_ + "; ";
        for (const Type& type : types) {
            text += "Get-CsCertificate -Type " + std::string(type.name) + " | ForEach-Object { '" +
                    std::string(type.role) + " ' + $_.Thumbprint }; ";
        }
        text += "'" + std::string(done_) + "'";
        const std::string output = run(text, "roles-unreadable", "what is assigned cannot be read");
        return parse_assignments(output);
    }

    void check(const std::string& role) const override { static_cast<void>(type_of(role)); }

    void assign(const std::string& role, const std::string& thumbprint) override {
        run("$ErrorActionPreference='Stop'; Import-Module " + module_ + "; Set-CsCertificate -Type " +
                type_of(role) + " -Thumbprint " + thumbprint + " -Confirm:$false | Out-Null; '" +
                std::string(done_) + "'",
            "assignment-failed",
            "the certificate cannot be assigned");
    }

    void clear(const std::string& role) override {
        run("$ErrorActionPreference='Stop'; Import-Module " + module_ + "; Remove-CsCertificate -Type " +
                type_of(role) + " -Confirm:$false | Out-Null; '" + std::string(done_) + "'",
            "assignment-failed",
            "the assignment cannot be taken back");
    }

private:
    static constexpr std::string_view done_ = "edgecert-done";

    std::string run(const std::string& text, const char* code, const char* what) {
        const Ran ran =
            run_program({powershell_, "-NoProfile", "-NonInteractive", "-Command", text}, {}, patience_);
        std::string trouble = trouble_of(ran, patience_);
        if (trouble.empty() && ran.output.find(done_) == std::string::npos) {
            trouble = "it did not come to its end: " + printable(ran.output, 2048);
        }
        if (!trouble.empty()) {
            throw Error(code, std::string(what) + " with the module " + module_ + ": " + trouble);
        }
        return ran.output;
    }

    std::string module_;
    std::string powershell_;
    Seconds patience_;
};

}  // namespace

std::unique_ptr<Roles> roles_by_shell(std::string module, std::string powershell, Seconds patience) {
    return std::make_unique<ShellRoles>(std::move(module), std::move(powershell), patience);
}

}  // namespace edgecert::windows
