// Folders inside one another: a store, a CA and what a person carries by hand each need a folder of their
// own, with nothing of another's in it.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

// Views into the fleet: there are as many folders as servers.
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

void add_stores(const std::vector<ResolvedPool>& pools, std::vector<Owned>& folders) {
    for (const ResolvedPool& pool : pools) {
        for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
            const ServerSpec& server = pool.pool.servers[i];
            if (!server.store.directory.empty()) {
                folders.push_back({server.store.directory,
                                   "the store of",
                                   pool.pool.name,
                                   server.name,
                                   pool.stores[i],
                                   false});
            }
        }
    }
}

// The same folder twice is told where stores and CAs are compared; only an exchange folder is told here.
void check_folder(Resolution& resolution,
                  const Owned& inner,
                  const std::unordered_map<std::string_view, const Owned*>& by_path) {
    std::string_view path = inner.path;
    while (path.size() > 1) {
        const auto outer = by_path.find(path);
        const bool other = outer != by_path.end() && outer->second != &inner;
        const bool same = path == inner.path;
        if (other && !(inner.exchange && outer->second->exchange) &&
            (!same || inner.exchange != outer->second->exchange)) {
            resolution.findings.error(
                "nested-folder",
                inner.where,
                to_text(inner) + (same ? " is " : " lies inside ") + to_text(*outer->second),
                "give it a folder of its own: what one of them writes or clears away "
                "must not be the other's");
            return;
        }
        const auto slash = path.rfind('/');
        path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
}

}  // namespace

void check_folders(Resolution& resolution,
                   const std::vector<ResolvedPool>& pools,
                   const std::vector<AuthoritySpec>& authorities) {
    std::vector<Owned> folders = folders_of_authorities(resolution, authorities);
    std::size_t servers = 0;
    for (const ResolvedPool& pool : pools) {
        servers += pool.pool.servers.size();
    }
    folders.reserve(folders.size() + servers);
    add_stores(pools, folders);
    std::unordered_map<std::string_view, const Owned*> by_path;  // only looked up in; the first one counts
    by_path.reserve(folders.size());
    for (const bool exchange : {false, true}) {
        for (const Owned& folder : folders) {
            if (folder.exchange == exchange && !folder.path.empty()) {
                by_path.try_emplace(folder.path, &folder);
            }
        }
    }
    for (const Owned& folder : folders) {
        check_folder(resolution, folder, by_path);
    }
}

}  // namespace edgecert
