// Roles in files and by the owner's program.
#include "resources/windows_node/roles.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/process.h"

namespace edgecert::windows {
namespace {

constexpr std::string_view file_prefix = "role-";
constexpr std::string_view file_ending = ".thumbprint";
constexpr std::size_t thumbprint_digits = 40;
constexpr std::size_t most_roles = 256;

// As people copy it from a dialog: spaces, capitals.
std::string thumbprint_in(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        const char small = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if ((small >= '0' && small <= '9') || (small >= 'a' && small <= 'f')) {
            digits += small;
        } else if (c != ' ' && c != '\r' && c != '\n' && c != '\t') {
            return {};
        }
    }
    return digits.size() == thumbprint_digits ? digits : std::string();
}

class FileRoles final : public Roles {
public:
    explicit FileRoles(const DataFolder& folder) : folder_(folder) {}

    std::map<std::string, std::string> read() override {
        std::map<std::string, std::string> all;
        for (const std::string& name : folder_.names("roles")) {
            if (!name.starts_with(file_prefix) || !name.ends_with(file_ending)) {
                continue;
            }
            const std::string role =
                name.substr(file_prefix.size(), name.size() - file_prefix.size() - file_ending.size());
            if (is_role_name(role) && all.size() < most_roles) {
                const std::string thumbprint = thumbprint_in(text_of(name));
                // Something that is no thumbprint points at nothing that is there.
                all[role] = thumbprint.empty() ? std::string(thumbprint_digits, '0') : thumbprint;
            }
        }
        return all;
    }
    void check(const std::string& /*role*/) const override {}
    void assign(const std::string& role, const std::string& thumbprint) override {
        folder_.replace(file_of(role), thumbprint + "\r\n");
    }
    void clear(const std::string& role) override { folder_.remove(file_of(role)); }

private:
    // "" when it cannot be read, or is more than a thumbprint ever is.
    std::string text_of(const std::string& name) const {
        try {
            return folder_.read("roles\\" + name, 4096).value_or("");
        } catch (const Error&) {
            return {};
        }
    }
    static std::string file_of(const std::string& role) {
        return "roles\\" + std::string(file_prefix) + role + std::string(file_ending);
    }
    DataFolder folder_;
};

class ProgramRoles final : public Roles {
public:
    ProgramRoles(std::vector<std::string> argv, Seconds patience)
        : argv_(std::move(argv)), patience_(patience) {}

    std::map<std::string, std::string> read() override {
        return parse_assignments(run({"list"}, "roles-unreadable", "what is assigned cannot be read"));
    }
    void check(const std::string& /*role*/) const override {}
    void assign(const std::string& role, const std::string& thumbprint) override {
        run({"assign", role, thumbprint}, "assignment-failed", "the role cannot be assigned");
    }
    void clear(const std::string& role) override {
        run({"clear", role}, "assignment-failed", "the role cannot be cleared");
    }

private:
    std::string run(const std::vector<std::string>& arguments, const char* code, const char* what) {
        std::vector<std::string> argv = argv_;
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        const Ran ran = run_program(argv, {}, patience_);
        const std::string trouble = trouble_of(ran, patience_);
        if (!trouble.empty()) {
            throw Error(code, std::string(what) + " by " + argv_.front() + ": " + trouble);
        }
        return ran.output;
    }

    std::vector<std::string> argv_;
    Seconds patience_;
};

}  // namespace

bool is_role_name(std::string_view text) {
    return is_name(text) && text.find('.') == std::string_view::npos;
}

std::map<std::string, std::string> parse_assignments(std::string_view text) {
    std::map<std::string, std::string> all;
    while (!text.empty() && all.size() < most_roles) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || !is_role_name(line.substr(0, space))) {
            continue;
        }
        const std::string thumbprint = thumbprint_in(line.substr(space + 1));
        if (thumbprint.empty()) {
            continue;
        }
        const auto [there, fresh] = all.emplace(line.substr(0, space), thumbprint);
        if (!fresh && there->second != thumbprint) {
            throw Error("roles-unreadable",
                        "the role " + there->first + " is said to have two certificates: " + there->second +
                            " and " + thumbprint);
        }
    }
    return all;
}

std::unique_ptr<Roles> roles_in_files(const DataFolder& folder) {
    return std::make_unique<FileRoles>(folder);
}

std::unique_ptr<Roles> roles_by_program(std::vector<std::string> argv, Seconds patience) {
    return std::make_unique<ProgramRoles>(std::move(argv), patience);
}

}  // namespace edgecert::windows
