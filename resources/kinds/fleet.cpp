// resolve(): read all documents, check what they refer to, make authorities and pools, compare the pools.
#include "resources/kinds/fleet.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "engine/manifest/load.h"
#include "engine/text/digest.h"
#include "resources/kinds/resolution.h"
#include "resources/kinds/state_folders.h"

namespace edgecert {

namespace {

// After these the rest of the document was read all the same.
bool loses_a_document(const Diagnostic& diagnostic) {
    static const std::set<std::string_view> mild{
        "alias", "anchor", "bad-key", "duplicate-key", "merge-key", "tag"};
    return diagnostic.severity == Severity::error && !mild.contains(diagnostic.code);
}

// A pool that is resolved needs no more of its document than the file: the tree goes, unless its name (with
// escapes, which no name needs) is in there.
void forget_tree(Document& document, std::string_view name) {
    const std::string& bytes = document.file->bytes;
    const std::less_equal<const char*> before{};
    if (before(bytes.data(), name.data()) && before(name.data() + name.size(), bytes.data() + bytes.size())) {
        document.root = {};
        document.arena.reset();
    }
}

void add_document(Digest& digest, const Document& document) {
    digest.field(document.file->path).number(document.line).field(document.bytes);
}

// Of all documents but the pools': what a pool may have from elsewhere.
std::string digest_of_others(const std::vector<Document>& documents, const Declarations& declared) {
    std::unordered_set<const Document*> pools;
    for (const auto& [name, pool] : declared.pools) {
        pools.insert(pool.document);
    }
    Digest digest("edgecert.shared/1");
    for (const Document& document : documents) {
        if (!pools.contains(&document)) {
            add_document(digest, document);
        }
    }
    return digest.hex();
}

std::string origin_of(const Document& document, const std::string& others) {
    Digest digest("edgecert.origin/1");
    add_document(digest, document);
    return digest.field(others).hex();
}

Resolved resolve_loaded(std::vector<Document> documents, std::vector<Diagnostic> loading, Instant now) {
    const bool lost = std::any_of(loading.begin(), loading.end(), loses_a_document);
    Findings findings(std::move(loading));
    Declarations declared = read_documents(documents, findings);
    declared.incomplete = declared.incomplete || lost;
    Resolution resolution{declared, findings, now};

    Resolved resolved{};
    check_references(resolution);
    resolved.fleet.authorities = resolve_authorities(resolution);
    for (const auto& [name, site] : declared.sites) {
        resolved.fleet.sites.emplace(name, to_source(site.name.place));
    }
    std::vector<ResolvedPool> pools;
    pools.reserve(declared.pools.size());
    resolved.fleet.origins.reserve(declared.pools.size());
    const std::string others = digest_of_others(documents, declared);
    for (const auto& [name, document] : declared.pools) {
        const Declared<PoolFields> pool = read_pool(document, findings);
        check_references(resolution, pool.spec.value);
        if (pool.spec.state == Field<PoolFields>::State::present) {
            pools.push_back(resolve_pool(resolution, pool));
            resolved.fleet.origins.push_back(origin_of(*document.document, others));
        }
        forget_tree(documents[static_cast<std::size_t>(document.document - documents.data())], name);
    }
    check_conflicts(resolution, pools, resolved.fleet.authorities);
    check_folders(resolution, pools, resolved.fleet.authorities);
    resolved.fleet.pools.reserve(pools.size());
    for (ResolvedPool& pool : pools) {
        resolved.fleet.pools.push_back(std::move(pool.pool));
    }
    resolved.diagnostics = findings.take();
    return resolved;
}

}  // namespace

Resolved resolve(const std::vector<Document>& documents, Instant now) {
    return resolve_loaded(documents, {}, now);
}

Resolved load_fleet(const std::vector<std::filesystem::path>& paths, Instant now) {
    Loaded loaded = load(paths, is_kept_state);
    return resolve_loaded(std::move(loaded.documents), std::move(loaded.diagnostics), now);
}

}  // namespace edgecert
