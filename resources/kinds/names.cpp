// Names of certificates as a manifest may say them: host names and addresses, folded once, wildcards refused.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "resources/kinds/shared.h"

namespace edgecert {

namespace {

// Somebody meant true or false; and what reads YAML as it was before 1.2 reads these so.
bool is_boolean_word(std::string_view text) {
    static constexpr std::array<std::string_view, 6> words{"true", "false", "yes", "no", "on", "off"};
    return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

CheckedName check_name(std::string_view text, NameKind kind) {
    CheckedName checked{};
    if (kind != NameKind::dns) {
        if (auto address = x509::fold_ip_address(text)) {
            checked.folded = std::move(*address);
            checked.is_ip = true;
            return checked;
        }
        if (kind == NameKind::ip) {
            checked.problem = NameProblem{
                "bad-ip-address", ticked(text) + " is no IP address", "host names belong under `dns`"};
            return checked;
        }
    }
    if (text.find('*') != std::string_view::npos) {
        checked.problem = NameProblem{
            "wildcard-name", ticked(text) + " is a wildcard", "edge servers need each name written out"};
        return checked;
    }
    if (kind == NameKind::dns && x509::fold_ip_address(text)) {
        checked.problem = NameProblem{"bad-host-name",
                                      ticked(text) + " is an IP address, and a host name is wanted here",
                                      "in a SanList, addresses belong under `ip`"};
        return checked;
    }
    auto host = x509::fold_host_name(text);
    if (!host) {
        checked.problem =
            NameProblem{"bad-host-name",
                        ticked(text) + " is no host name",
                        "labels of letters, digits and hyphens, joined by dots, at most 253 in all"};
        return checked;
    }
    if (is_boolean_word(*host)) {
        checked.problem = NameProblem{"bad-host-name",
                                      ticked(text) + " is a boolean's word and no host name here",
                                      "write the whole name, with its domain"};
        return checked;
    }
    checked.folded = std::move(*host);
    return checked;
}

NameItems read_names(Fields& fields, std::string_view key, NameKind kind, Null null) {
    const auto read = [&](const Value& item) -> std::optional<NameItem> {
        if (item.kind != Value::Kind::scalar || item.text.empty()) {
            fields.wrong_type(item, "a name");
            return std::nullopt;
        }
        NameItem name{{item.text, fields.place(item)}, item.text.find('$') != std::string_view::npos};
        if (name.substituted) {
            name.is_ip = kind == NameKind::ip;
            return name;
        }
        CheckedName checked = check_name(item.text, kind);
        if (checked.problem) {
            fields.findings().error(
                checked.problem->code, name.text.place, checked.problem->text, checked.problem->hint);
            return std::nullopt;
        }
        name.folded = std::move(checked.folded);
        name.is_ip = checked.is_ip;
        return name;
    };
    return fields.list(key, read, null);
}

}  // namespace edgecert
