// From manifests to the fleet: what should be, with every mistake on the way.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/value.h"
#include "engine/time/instant.h"
#include "resources/pool/desired.h"

namespace edgecert {

// With an error among the diagnostics the fleet is what could be made of the rest, and nothing to act on.
struct Resolved {
    Fleet fleet{};
    std::vector<Diagnostic>
        diagnostics{};  // errors and warnings by file, line, column; allowed warnings left out
};

// `now` decides only warnings that depend on the date. Documents must outlive nothing: the result owns its
// texts.
[[nodiscard]] Resolved resolve(const std::vector<Document>& documents, Instant now);

// load() and resolve(), with the diagnostics of both. Manifests are not looked for in what stores and CAs
// keep.
[[nodiscard]] Resolved load_fleet(const std::vector<std::filesystem::path>& paths, Instant now);

}  // namespace edgecert
