// All documents read: one table a kind, and what could not be read, so that nobody reports what follows from
// it.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "resources/kinds/certificate_authority.h"
#include "resources/kinds/certificate_profile.h"
#include "resources/kinds/certificate_template.h"
#include "resources/kinds/edge_pool.h"
#include "resources/kinds/san_list.h"
#include "resources/kinds/site.h"

namespace edgecert {

template <class T>
struct Declared {
    Text name{};
    Field<T> spec{};  // broken: reported; nothing can be said about it
};
template <class T>
using Table = std::map<std::string_view, Declared<T>>;

// A pool is read when its turn comes: all pools of a fleet, read, would be many times their manifests.
struct PoolDocument {
    Text name{};
    const Document* document{};
};

struct Declarations {
    Table<AuthorityFields> authorities{};
    Table<TemplateFields> templates{};
    Table<SanListFields> san_lists{};
    Table<ProfileFields> profiles{};
    Table<SiteFields> sites{};
    std::map<std::string_view, PoolDocument> pools{};
    std::map<const Document*, std::set<std::string_view>> allowed{};  // warnings, by document
    std::set<std::string_view> unreadable{};  // names of documents whose kind or name is wrong
    bool incomplete{};                        // some document is lost altogether
};

// A kind: its name, and how its spec is read into its table.
struct Kind {
    std::string_view name{};
    void (*read)(Fields& root, const Text& name, Declarations& into){};
};
[[nodiscard]] const std::array<Kind, 6>& kinds();

// The codes of warnings, which annotations may allow.
[[nodiscard]] const std::vector<std::string>& warning_codes();

// Everything but the pools' specs.
[[nodiscard]] Declarations read_documents(const std::vector<Document>& documents, Findings& findings);
[[nodiscard]] Declared<PoolFields> read_pool(const PoolDocument& pool, Findings& findings);

}  // namespace edgecert
