// Folders inside one another: a store, a CA and what a person carries by hand each need a folder of their
// own, with nothing of another's in it.
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

// Views into the fleet.
struct Owned {
    std::string_view path{};    // absolute, without "." and ".."
    std::string_view kind{};    // "the store of"
    std::string_view owner{};   // an authority or a pool
    std::string_view server{};  // of the pool, or ""
    Place where{};
    bool exchange{};  // an outbox or inbox: one may well lie in another
};

std::string to_text(const Owned& folder) {
    std::string name(folder.owner);
    if (!folder.server.empty()) {
        name.append("/").append(folder.server);
    }
    return std::string(folder.kind) + " " + ticked(name);
}

std::vector<Owned> folders_of_authorities(const Resolution& resolution,
                                          const std::vector<AuthoritySpec>& authorities) {
    std::vector<Owned> folders;
    for (const AuthoritySpec& authority : authorities) {
        const auto declared = resolution.declared.authorities.find(authority.name);
        if (declared == resolution.declared.authorities.end()) {
            continue;
        }
        const AuthorityFields& fields = declared->second.spec.value;
        if (const auto* local = std::get_if<LocalAuthority>(&authority.kind)) {
            folders.push_back({local->directory,
                               "the folder of the CA",
                               authority.name,
                               {},
                               fields.local.value.directory.place,
                               false});
        } else if (const auto* offline = std::get_if<OfflineAuthority>(&authority.kind)) {
            folders.push_back({offline->outbox,
                               "the outbox of",
                               authority.name,
                               {},
                               fields.offline.value.outbox.place,
                               true});
            folders.push_back(
                {offline->inbox, "the inbox of", authority.name, {}, fields.offline.value.inbox.place, true});
        }
    }
    return folders;
}

Owned store_of(const ResolvedPool& pool, std::size_t server) {
    const ServerSpec& spec = pool.pool.servers[server];
    return {spec.store.directory, "the store of", pool.pool.name, spec.name, pool.stores[server], false};
}

// All folders by their paths. There are as many as servers, so each is told in full only when it is looked
// at.
class Folders {
public:
    Folders(std::vector<Owned> of_authorities, const std::vector<ResolvedPool>& pools)
        : of_authorities_(std::move(of_authorities)), pools_(pools) {
        std::size_t servers = 0;
        for (const ResolvedPool& pool : pools_) {
            servers += pool.pool.servers.size();
        }
        by_path_.reserve(of_authorities_.size() + servers);
        add_authorities(false);
        for (const ResolvedPool& pool : pools_) {
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                add(pool.pool.servers[i].store.directory, {&pool, i});
            }
        }
        add_authorities(true);
    }

    void check(Resolution& resolution) const {
        for (std::size_t i = 0; i < of_authorities_.size(); ++i) {
            check(resolution, {nullptr, i});
        }
        for (const ResolvedPool& pool : pools_) {
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                if (!pool.pool.servers[i].store.directory.empty()) {
                    check(resolution, {&pool, i});
                }
            }
        }
    }

private:
    // A server of a pool, or without one a folder of an authority.
    struct Ref {
        const ResolvedPool* pool{};
        std::size_t index{};
        bool operator==(const Ref&) const = default;
    };

    [[nodiscard]] Owned at(const Ref& ref) const {
        return ref.pool == nullptr ? of_authorities_[ref.index] : store_of(*ref.pool, ref.index);
    }
    void add(std::string_view path, const Ref& ref) {
        if (!path.empty()) {
            by_path_.try_emplace(path, ref);  // the first one counts
        }
    }
    void add_authorities(bool exchange) {
        for (std::size_t i = 0; i < of_authorities_.size(); ++i) {
            if (of_authorities_[i].exchange == exchange) {
                add(of_authorities_[i].path, {nullptr, i});
            }
        }
    }

    // The same folder twice is told where stores and CAs are compared; only an exchange folder is told here.
    void check(Resolution& resolution, const Ref& ref) const {
        const Owned inner = at(ref);
        std::string_view path = inner.path;
        while (path.size() > 1) {
            const auto found = by_path_.find(path);
            if (found != by_path_.end() && found->second != ref) {
                const Owned outer = at(found->second);
                const bool same = path == inner.path;
                if (!(inner.exchange && outer.exchange) && (!same || inner.exchange != outer.exchange)) {
                    resolution.findings.error(
                        "nested-folder",
                        inner.where,
                        to_text(inner) + (same ? " is " : " lies inside ") + to_text(outer),
                        "give it a folder of its own: what one of them writes or clears away "
                        "must not be the other's");
                    return;
                }
            }
            const auto slash = path.rfind('/');
            path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
        }
    }

    std::vector<Owned> of_authorities_;
    const std::vector<ResolvedPool>& pools_;
    std::unordered_map<std::string_view, Ref> by_path_{};  // only looked up in
};

}  // namespace

void check_folders(Resolution& resolution,
                   const std::vector<ResolvedPool>& pools,
                   const std::vector<AuthoritySpec>& authorities) {
    Folders(folders_of_authorities(resolution, authorities), pools).check(resolution);
}

}  // namespace edgecert
