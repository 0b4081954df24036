// Resolution from declarations to the fleet: its steps, and what they hand to each other.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "resources/kinds/declarations.h"
#include "resources/kinds/scope.h"
#include "resources/pool/desired.h"

namespace edgecert {

// What every step of the resolution works with.
struct Resolution {
    const Declarations& declared;
    Findings& findings;
    Instant now{};
    std::unordered_map<const File*, std::filesystem::path> folders{};  // absolute, of the files seen so far
    std::map<std::pair<std::string_view, std::string>, std::string>
        hints{};  // by kind and name: what was said of a reference that leads nowhere

    // A warning, unless an annotation of its own document or of one of `also` allows it.
    void warn(std::string_view code,
              const Place& where,
              std::string text,
              std::string hint,
              std::string_view about,
              std::initializer_list<const Document*> also);
    // Absolute and without "." and "..": relative paths start at the file that holds them.
    [[nodiscard]] std::string absolute_path(const std::string& text, const Place& where);
    // The program of an argv, when it is a path and not a name to be found on PATH.
    [[nodiscard]] std::vector<std::string> resolve_command(const std::vector<Text>& command,
                                                           const Scope& scope);
    SharedTexts texts{};                                                // that many certificates have
    std::unordered_map<const TemplateFields*, SharedTextSet> usages{};  // of the templates seen so far
    // The sources that the last certificate of this name inherited, if they are the same ones.
    using Sources = std::vector<FieldSource>;
    [[nodiscard]] std::shared_ptr<const Sources> share(std::string_view certificate,
                                                       const Sources& inherited);
    std::map<std::string, std::shared_ptr<const Sources>, std::less<>> last_inherited{};
};

// A pool with the places of what it was made of, for findings that concern several pools.
struct ResolvedPool {
    Pool pool{};
    Place where{};
    std::vector<Place> servers{};  // like pool.servers
    std::vector<Place> stores{};   // of the store's own field on the server, else of the server
    struct Certificate {
        Place where{};
        Place key{};                 // what says that the key is not exportable, or would
        bool key_known{};            // false: its template is broken or missing
        std::vector<Place> names{};  // like the requirement's names, DNS first
        Place common_name{};         // nowhere: there is none
    };
    std::vector<Certificate> certificates{};  // like pool.certificates
};

// Every reference leads somewhere, and no SanList includes itself; those of pools one by one.
void check_references(Resolution& resolution);
void check_references(Resolution& resolution, const PoolFields& pool);

[[nodiscard]] std::vector<AuthoritySpec> resolve_authorities(Resolution& resolution);

[[nodiscard]] ResolvedPool resolve_pool(Resolution& resolution, const Declared<PoolFields>& declared);

// Where a certificate's fields come from, nearest first.
struct PoolLevels {
    const PoolFields& pool;
    const SiteFields* site{};            // null: unknown or broken, so nobody knows what it says
    Scope scope{};                       // of the pool, without one server
    std::vector<ServerScope> servers{};  // those that are not absent
};
void resolve_certificate(Resolution& resolution,
                         const PoolLevels& levels,
                         const CertificateEntry& entry,
                         ResolvedPool& into);

// A name that a certificate claims, folded, and where it was said.
struct NamePlace {
    std::string_view name{};  // the requirement's own
    Place place{};
};
// Sorted, once each; the common name among them.
[[nodiscard]] std::vector<NamePlace> claimed_names(const CertificateSpec& spec,
                                                   const ResolvedPool::Certificate& places);

// What only shows when all pools are known.
void check_conflicts(Resolution& resolution,
                     const std::vector<ResolvedPool>& pools,
                     const std::vector<AuthoritySpec>& authorities);
// No store, CA or exchange folder inside another's.
void check_folders(Resolution& resolution,
                   const std::vector<ResolvedPool>& pools,
                   const std::vector<AuthoritySpec>& authorities);

// The nearest level that says something; one that clears it ends the search with nothing.
template <class T>
[[nodiscard]] const Field<T>& nearest_said(std::initializer_list<const Field<T>*> levels) {
    static const Field<T> nothing{};
    for (const Field<T>* level : levels) {
        if (level != nullptr && !level->absent()) {
            return level->state == Field<T>::State::cleared ? nothing : *level;
        }
    }
    return nothing;
}

// The same for a field of a mapping that merges by key.
template <class Outer, class T>
[[nodiscard]] Field<T> nearest_inner(std::initializer_list<const Field<Outer>*> levels,
                                     Field<T> Outer::*inner) {
    for (const Field<Outer>* level : levels) {
        if (level == nullptr || level->absent()) {
            continue;
        }
        if (!level->present()) {
            return {};
        }
        const Field<T>& field = level->value.*inner;
        if (!field.absent()) {
            return field.state == Field<T>::State::cleared ? Field<T>{} : field;
        }
    }
    return {};
}

}  // namespace edgecert
