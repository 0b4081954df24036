// Manifests in memory, for tests of the resolution.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "resources/kinds/fleet.h"

namespace edgecert::tests {

// Noon of the first of November 2026, when nothing in these manifests is due.
[[nodiscard]] Instant today();

// `text` as the file /manifests/fleet.yaml.
[[nodiscard]] Resolved resolve_text(const std::string& text, Instant now = today());

// "code line:column", errors and warnings, in order.
[[nodiscard]] std::vector<std::string> codes(const Resolved& resolved);

// "line:column".
[[nodiscard]] std::string place(const Source& source);

// A CA `contoso`, an exportable template `web-server`, and a site `amsterdam` that uses both; ends with
// "---\n".
[[nodiscard]] std::string base();

// The fleet of base() and one pool `ams-edge` of edge01 and edge02; `more` are further lines of its spec.
[[nodiscard]] std::string with_pool(
    const std::string& more = "  certificates: [{name: internal, roles: [internal]}]\n");

// The only pool, which has to be there without a diagnostic.
[[nodiscard]] Pool only_pool(const Resolved& resolved);

}  // namespace edgecert::tests

template <>
struct doctest::StringMaker<std::vector<std::string>> {
    static doctest::String convert(const std::vector<std::string>& texts) {
        std::string all;
        for (const std::string& text : texts) {
            all += "[" + text + "]";
        }
        return all.c_str();
    }
};
