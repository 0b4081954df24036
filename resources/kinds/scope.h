// Substitutions: what ${…} stands for where a string is used, and strings with them replaced.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/kinds/shared.h"

namespace edgecert {

struct ServerScope {
    std::string_view name{};
    std::string fqdn{};  // "": it was wrong, and reported
    const Variables* vars{};
};

// What is known where a string is used. Names that are known to be broken are left empty: what uses them is
// dropped without a further word.
struct Scope {
    std::string
        about{};  // "pool `ams-edge`", for findings in shared values; empty: nothing is substituted here
    std::string_view site_name{};
    const Variables* site_vars{};  // null: the site is not known, so neither is what it says
    std::string_view pool_name{};
    std::string pool_fqdn{};
    bool pool_fqdn_defined{};  // false while the pool's own fqdn is being made
    const Variables* pool_vars{};
    const ServerScope* server{};
    bool server_fqdn_defined{true};
    const std::vector<ServerScope>* servers{};  // where a list of names is meant
};

// nullopt: it could not be made, and that was reported (or what it uses was).
[[nodiscard]] std::optional<std::string> expand(const Text& text, const Scope& scope, Findings& findings);

// One text a server where ${servers.…} is used, else one text.
[[nodiscard]] bool uses_servers(std::string_view text);
[[nodiscard]] std::vector<std::string> expand_list(const Text& text, const Scope& scope, Findings& findings);

}  // namespace edgecert
