// Replaces ${…} in strings, and says what there is where one is unknown.
#include "resources/kinds/scope.h"

#include <algorithm>

namespace edgecert {

namespace {

// Values double when variables name each other; nothing that a manifest means is longer.
constexpr std::size_t longest_text = 65536;

enum class Find { found, silent, unknown };

struct Found {
    Find how{Find::unknown};
    std::string value{};
    const Field<std::string_view>* variable{};  // its value may hold substitutions of its own
};

Found known(std::string_view value) {
    return {value.empty() ? Find::silent : Find::found, std::string(value), nullptr};
}

// The nearest level that says the variable; a broken or unknown level may have said it.
Found find_variable(std::string_view name, const std::vector<const Variables*>& levels) {
    for (const Variables* level : levels) {
        if (level == nullptr || level->broken()) {
            return {Find::silent, {}, nullptr};
        }
        if (level->state == Variables::State::cleared) {
            return {};
        }
        const auto found = std::find_if(level->value.begin(),
                                        level->value.end(),
                                        [&](const Variable& variable) { return variable.name == name; });
        if (found == level->value.end()) {
            continue;
        }
        if (found->value.present()) {
            return {Find::found, std::string(found->value.value), &found->value};
        }
        return {found->value.broken() ? Find::silent : Find::unknown, {}, nullptr};
    }
    return {};
}

bool consume(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

Found look_up(std::string_view name, const Scope& scope, const ServerScope* each) {
    if (scope.about.empty()) {
        return {};
    }
    if (name == "site.name") {
        return known(scope.site_name);
    }
    if (name == "pool.name") {
        return known(scope.pool_name);
    }
    if (name == "pool.fqdn" && scope.pool_fqdn_defined) {
        return known(scope.pool_fqdn);
    }
    if (const ServerScope* server = scope.server; server != nullptr) {
        if (name == "server.name") {
            return known(server->name);
        }
        if (name == "server.fqdn" && scope.server_fqdn_defined) {
            return known(server->fqdn);
        }
        if (consume(name, "server.vars.")) {
            return find_variable(name, {server->vars, scope.pool_vars, scope.site_vars});
        }
    }
    if (each != nullptr && name == "servers.name") {
        return known(each->name);
    }
    if (each != nullptr && name == "servers.fqdn") {
        return known(each->fqdn);
    }
    if (consume(name, "pool.vars.")) {
        return find_variable(name, {scope.pool_vars, scope.site_vars});
    }
    if (consume(name, "site.vars.")) {
        return find_variable(name, {scope.site_vars});
    }
    return {};
}

void collect_variables(std::string_view prefix,
                       const std::vector<const Variables*>& levels,
                       std::vector<std::string>& into) {
    for (const Variables* level : levels) {
        if (level == nullptr) {
            continue;
        }
        for (const Variable& variable : level->value) {
            if (variable.value.present()) {
                into.push_back("${" + std::string(prefix) + std::string(variable.name) + "}");
            }
        }
    }
}

std::vector<std::string> candidates(const Scope& scope) {
    std::vector<std::string> names;
    if (scope.about.empty()) {
        return names;
    }
    names = {"${site.name}", "${pool.name}"};
    if (scope.pool_fqdn_defined) {
        names.emplace_back("${pool.fqdn}");
    }
    if (scope.server != nullptr) {
        names.emplace_back("${server.name}");
        if (scope.server_fqdn_defined) {
            names.emplace_back("${server.fqdn}");
        }
        collect_variables("server.vars.", {scope.server->vars, scope.pool_vars, scope.site_vars}, names);
    }
    if (scope.servers != nullptr) {
        names.emplace_back("${servers.fqdn}");
        names.emplace_back("${servers.name}");
    }
    collect_variables("pool.vars.", {scope.pool_vars, scope.site_vars}, names);
    collect_variables("site.vars.", {scope.site_vars}, names);
    return names;
}

void report_nested(std::string_view name, const Text& text, const Scope& scope, Findings& findings) {
    findings.error(
        "unknown-substitution",
        text.place,
        ticked("${" + std::string(name) + "}") + " stands in a variable, and variables cannot name variables",
        "the value of a variable may name the site, the pool or the server",
        scope.about);
}

void report_unknown(
    std::string_view name, const Text& text, const Scope& scope, bool in_variable, Findings& findings) {
    const std::string whole = "${" + std::string(name) + "}";
    std::string hint = "a literal one is written $${…}";
    if (in_variable && (name == "servers.fqdn" || name == "servers.name")) {
        hint = "it stands for several names, and only in a list of names, not in a variable";
    } else if (name.starts_with("server.") && scope.server == nullptr && scope.servers != nullptr) {
        hint = "no one server is meant here; ${servers.fqdn} stands for one name a server";
    } else if (name.starts_with("servers.") && scope.servers == nullptr && !scope.about.empty()) {
        hint = "it stands for several names, and only lists of names take several";
    } else if (!scope.about.empty()) {
        hint = suggestion(whole, candidates(scope));
    }
    findings.error("unknown-substitution",
                   text.place,
                   scope.about.empty()
                       ? "nothing is substituted here, so " + ticked(whole) + " stands for nothing"
                       : ticked(whole) + " is unknown here",
                   hint,
                   scope.about);
}

struct Expansion {
    const Text& text;
    const Scope& scope;
    const ServerScope* each{};
    Findings& findings;
};

std::optional<std::string> replace_all(std::string_view source, const Expansion& how, bool in_variable);

// `name` stood inside ${…}.
std::optional<std::string> replace_one(std::string_view name, const Expansion& how, bool in_variable) {
    Found found = look_up(name, how.scope, how.each);
    if (found.how == Find::silent) {
        return std::nullopt;
    }
    // A variable's value may name the pool or the server, but no other variable: so there are no circles.
    const bool nested = in_variable && found.variable != nullptr;
    if (nested) {
        report_nested(name, how.text, how.scope, how.findings);
        return std::nullopt;
    }
    if (found.how == Find::unknown) {
        report_unknown(name, how.text, how.scope, in_variable, how.findings);
        return std::nullopt;
    }
    if (found.variable != nullptr) {
        const Text value{found.variable->value, found.variable->place};
        return replace_all(value.value, {value, how.scope, how.each, how.findings}, true);
    }
    return std::move(found.value);
}

std::optional<std::string> replace_all(std::string_view source, const Expansion& how, bool in_variable) {
    std::string result;
    bool whole = true;
    while (!source.empty()) {
        const std::size_t dollar = source.find('$');
        result += source.substr(0, dollar);
        if (dollar == std::string_view::npos) {
            break;
        }
        source.remove_prefix(dollar);
        if (consume(source, "$${")) {
            result += "${";
            continue;
        }
        if (!consume(source, "${")) {
            result += '$';
            source.remove_prefix(1);
            continue;
        }
        const std::size_t end = source.find('}');
        if (end == std::string_view::npos) {
            how.findings.error("unknown-substitution",
                               how.text.place,
                               "a `${` without its `}`",
                               "a literal one is written $${");
            return std::nullopt;
        }
        const auto value = replace_one(source.substr(0, end), how, in_variable);
        whole = whole && value.has_value();
        result += value.value_or("");
        source.remove_prefix(end + 1);
        if (result.size() > longest_text) {
            how.findings.error(
                "too-long", how.text.place, "longer than 64 KiB once everything is substituted");
            return std::nullopt;
        }
    }
    return whole ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace

std::optional<std::string> expand(const Text& text, const Scope& scope, Findings& findings) {
    if (text.value.find('$') == std::string_view::npos) {
        return std::string(text.value);
    }
    return replace_all(text.value, {text, scope, nullptr, findings}, false);
}

bool uses_servers(std::string_view text) {
    return text.find("${servers.") != std::string_view::npos;
}

std::vector<std::string> expand_list(const Text& text, const Scope& scope, Findings& findings) {
    std::vector<std::string> all;
    if (scope.servers == nullptr || !uses_servers(text.value)) {
        if (auto one = expand(text, scope, findings)) {
            all.push_back(std::move(*one));
        }
        return all;
    }
    for (const ServerScope& server : *scope.servers) {
        if (auto one = replace_all(text.value, {text, scope, &server, findings}, false)) {
            all.push_back(std::move(*one));
        }
    }
    return all;
}

}  // namespace edgecert
